package fakeaws

import (
	"net"
	"strings"
)

// bucketOf returns the bucket that a host names in virtual-host style:
// "b.s3.us-east-1.amazonaws.com", "b.s3-us-west-2.amazonaws.com",
// "b.s3.localhost:4566" and "b.localhost:4566" name b.
func bucketOf(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	// The last one counts: a bucket's own name may contain ".s3.".
	if i := max(strings.LastIndex(host, ".s3."), strings.LastIndex(host, ".s3-")); i >= 0 {
		return host[:i]
	}
	if bucket, ok := strings.CutSuffix(host, ".localhost"); ok && bucket != "s3" {
		return bucket
	}
	return ""
}

// serviceOf returns the first label of a host that AWS or a URL of ours could
// have: "sqs" of "sqs.us-east-1.amazonaws.com".
func serviceOf(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return label
}
