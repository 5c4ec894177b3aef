package sqs

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A queueID names a queue: SQS knows queues by account, region and name.
type queueID struct{ account, region, name string }

func (id queueID) arn() string { return fakeaws.ARN("sqs", id.region, id.account, id.name) }

// url is the queue's address at the endpoint that the call came to.
func (id queueID) url(call *fakeaws.Call) string {
	return endpoint(call) + "/" + id.account + "/" + id.name
}

// endpoint is where the caller reached SQS. A call from Go code reached none, and gets
// AWS's public address.
func endpoint(call *fakeaws.Call) string {
	if call.Endpoint == "" {
		return "https://sqs." + call.Region + ".amazonaws.com"
	}
	return call.Endpoint
}

// parseURL reads a queue URL: the last two segments of its path are the account
// and the name. The region is the one that the call was signed for; a host of AWS's
// that is another region's does not belong to this endpoint (the text is SQS's for
// requests that reach the wrong endpoint; for a QueueUrl it is unverified), any other
// host may be the client's name for it.
func parseURL(url, region string) (queueID, error) {
	rest, name := cutLast(url)
	host, account := cutLast(rest)
	if name == "" || !awsid.IsAccount(account) {
		return queueID{}, invalidAddress(url)
	}
	if of := hostRegion(host); of != "" && of != region {
		return queueID{}, invalidAddress(host + "/")
	}
	return queueID{account, region, name}, nil
}

// hostRegion returns the region that a host of SQS names, in one of the forms that
// queue URLs have had: sqs.REGION.amazonaws.com, REGION.queue.amazonaws.com, and
// queue.amazonaws.com for us-east-1. It is empty for any other.
func hostRegion(base string) string {
	_, host, _ := strings.Cut(base, "://")
	label, ok := strings.CutSuffix(host, ".amazonaws.com")
	switch {
	case !ok:
		return ""
	case label == "queue":
		return "us-east-1"
	}
	if region, ok := strings.CutSuffix(label, ".queue"); ok {
		return region
	}
	if region, ok := strings.CutPrefix(label, "sqs."); ok && !strings.Contains(region, ".") {
		return region
	}
	return ""
}

// parseARN reads a queue's ARN.
func parseARN(text string) (queueID, bool) {
	a, err := awsarn.Parse(text)
	if err != nil || a.Partition != "aws" || a.Service != "sqs" || a.Region == "" || !awsid.IsAccount(a.AccountID) || a.Resource == "" {
		return queueID{}, false
	}
	return queueID{a.AccountID, a.Region, a.Resource}, true
}

func cutLast(path string) (before, after string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

// isName reports whether s is 1 to 80 letters, digits, hyphens and underscores:
// what SQS takes as the name of a queue, a permission or a batch entry.
func isName(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
