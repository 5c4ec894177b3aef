package s3

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// regionHeader tells clients where a bucket is: they ask HeadBucket for it, and
// follow it.
const regionHeader = "x-amz-bucket-region"

// globalRegion is the region behind S3's global endpoint.
const globalRegion = "us-east-1"

// reachedFrom refuses a request that came to a region where the bucket is not
// (User Guide, "Making requests using the REST API"). The names of buckets in the
// global endpoint's domain lead to the bucket's own region; there a request must
// be signed for it. For a day after a bucket was made AWS may answer such a
// request 307 TemporaryRedirect, until its name servers know the bucket: they do
// so at once here, which is unverified for any given request.
func (b *bucket) reachedFrom(call *fakeaws.Call) error {
	at := call.EndpointRegion
	switch at {
	case "":
		at = call.Region
		if call.Anonymous() || call.SignedFor(b.region) {
			return nil // neither host nor signature names another region
		}
		if call.Signed.Version == signatureVersion2 {
			return errSignatureVersion2.of()
		}
	case globalEndpoint:
		if !strings.Contains(call.Endpoint, "//"+b.name+".") {
			at = globalRegion
			break
		}
		if call.Anonymous() || call.SignedFor(b.region) {
			return nil
		}
		if call.Signed.Version == signatureVersion2 {
			return errSignatureVersion2.of()
		}
		return withHeaders(errWrongRegion.withText("The authorization header is malformed; the region '"+call.Region+"' is wrong; expecting '"+b.region+"'", "Region", b.region),
			regionHeader, b.region)
	}
	if at == b.region {
		return nil
	}
	return withHeaders(errPermanentRedirect.of("Endpoint", b.name+".s3."+b.region+".amazonaws.com", "Bucket", b.name), regionHeader, b.region)
}

// withRegion adds to an error about a bucket, though not about an object in it,
// where the bucket is.
func (s *Fake) withRegion(err error, resource string) error {
	name, ok := strings.CutPrefix(resource, bucketARN(""))
	if !ok {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.buckets.Get(name); ok {
		return withHeaders(err, regionHeader, b.region)
	}
	return err
}
