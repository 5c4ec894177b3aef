package fakeaws

import "strings"

// hostname returns a host without its port. [net.SplitHostPort] makes an error for
// the many that have none.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i]
	}
	return host
}

// bucketOf returns the bucket that a host names in virtual-host style:
// "b.s3.us-east-1.amazonaws.com", "b.s3-us-west-2.amazonaws.com",
// "b.s3.localhost:4566" and "b.localhost:4566" name b.
func bucketOf(host string) string {
	host = hostname(host)
	if name, ok := accessPointOf(host); ok {
		return name
	}
	// The last one counts: a bucket's own name may contain ".s3.".
	if i := max(strings.LastIndex(host, ".s3."), strings.LastIndex(host, ".s3-"), strings.LastIndex(host, ".s3express-")); i >= 0 {
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

// An endpoint is what the host of a request tells.
type endpoint struct {
	// bucket is the one that the host names, if it is one of S3's.
	bucket string
	// service and region are those of a host that is an endpoint of AWS itself:
	// "sqs.us-east-1.amazonaws.com", "iam.amazonaws.com". A host that names no region
	// is the endpoint of us-east-1. Other hosts, such as a test's socket, tell
	// neither.
	service, region string
}

func endpointOf(host string) endpoint {
	host = hostname(host)
	e := endpoint{bucket: bucketOf(host)}
	name, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok {
		if name, ok = strings.CutSuffix(host, ".api.aws"); !ok {
			return e
		}
	}
	if e.bucket != "" || strings.HasPrefix(name, "s3") {
		e.service = "s3" // which region a bucket is in decides the service
		return e
	}
	service, region, regional := strings.Cut(name, ".")
	switch {
	case regional && region == "queue", name == "queue":
		e.service = "sqs" // the endpoints that SQS had first
		return e
	case !regional:
		region = "us-east-1"
	case strings.Count(region, "-") < 2 || strings.Contains(region, "."):
		return e
	}
	e.service, e.region = strings.TrimSuffix(service, "-fips"), region
	return e
}

// GlobalEndpoint is the region that the SDKs give S3's endpoint without a region,
// s3.amazonaws.com: requests to it are signed for us-east-1.
const GlobalEndpoint = "aws-global"

// endpointRegion returns the region that the host of an S3 request names.
func endpointRegion(host string) string {
	name, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		return ""
	}
	label := name[strings.LastIndexByte(name, '.')+1:]
	switch region, dashed := strings.CutPrefix(label, "s3-"); {
	case label == "s3", label == "s3-accelerate", label == "dualstack":
		return GlobalEndpoint
	case dashed:
		return region
	}
	return label
}

// accessPointOf returns the ARN of the S3 access point that a host names:
// "name-111122223333.s3-accesspoint.us-east-1.amazonaws.com".
func accessPointOf(host string) (string, bool) {
	// That of a Multi-Region Access Point has no account: its alias is as good a name.
	if alias, _, ok := strings.Cut(host, ".accesspoint.s3-global."); ok {
		return alias, true
	}
	label, _, ok := strings.Cut(host, ".s3-accesspoint")
	dash := strings.LastIndexByte(label, '-')
	if !ok || dash < 0 {
		return "", false
	}
	return ARN("s3", endpointRegion(host), label[dash+1:], "accesspoint/"+label[:dash]), true
}

// isControl reports whether a request that is signed for S3 is for the other of its
// two APIs, S3 Control, by its host or, through a socket, by its path.
func isControl(host, path, account string) bool {
	return strings.Contains(host, ".s3-control.") || account != "" && strings.HasPrefix(path, "/v20180820/")
}
