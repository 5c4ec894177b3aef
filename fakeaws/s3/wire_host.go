package s3

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// endpoint reads a host of Amazon S3. Other services may share one, and S3's requests
// are signed for several names; which region a request must be signed for, the bucket
// decides.
func endpoint(host string) (fakeaws.Endpoint, bool) {
	if bucket, region, ok := websiteOf(host); ok {
		return fakeaws.Endpoint{Service: "s3", Region: region, Named: region, Bucket: bucket}, true
	}
	e := fakeaws.Endpoint{Bucket: bucketOf(host), Named: endpointRegion(host), Shared: true}
	if at := e.Named; at != "" && at != globalEndpoint {
		e.Region = at
	}
	name, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok {
		name, ok = strings.CutSuffix(host, ".api.aws")
	}
	if ok && (e.Bucket != "" || strings.HasPrefix(name, "s3")) {
		e.Service = "s3"
		return e, true
	}
	return e, e.Bucket != ""
}

// bucketOf returns the bucket that a host names in virtual-host style:
// "b.s3.us-east-1.amazonaws.com", "b.s3-us-west-2.amazonaws.com",
// "b.s3.localhost:4566" and "b.localhost:4566" name b.
func bucketOf(host string) string {
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

// globalEndpoint is the region that the SDKs give S3's endpoint without a region,
// s3.amazonaws.com: requests to it are signed for us-east-1.
const globalEndpoint = "aws-global"

// endpointRegion returns the region that the host of an S3 request names.
func endpointRegion(host string) string {
	name, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		return ""
	}
	label := name[strings.LastIndexByte(name, '.')+1:]
	switch region, dashed := strings.CutPrefix(label, "s3-"); {
	case label == "s3", label == "s3-accelerate", label == "dualstack":
		return globalEndpoint
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
	return fakeaws.ARN("s3", endpointRegion(host), label[dash+1:], "accesspoint/"+label[:dash]), true
}

// isControl reports whether a request that is signed for S3 is for the other of its
// two APIs, S3 Control, by its host or, through a socket, by its path.
func isControl(host, path, account string) bool {
	return strings.Contains(host, ".s3-control.") || account != "" && strings.HasPrefix(path, "/v20180820/")
}
