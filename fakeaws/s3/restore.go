package s3

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A restoration is the temporary copy of an archived object. It is immutable.
type restoration struct {
	ready   time.Time
	expires time.Time
	tier    types.Tier
}

// duration of a retrieval: the longest that AWS says a tier typically takes
// (User Guide, "Understanding archive retrieval options").
var retrievals = map[types.StorageClass]map[types.Tier]time.Duration{
	types.StorageClassGlacier: {
		types.TierExpedited: 5 * time.Minute,
		types.TierStandard:  5 * time.Hour,
		types.TierBulk:      12 * time.Hour,
	},
	types.StorageClassDeepArchive: {
		types.TierStandard: 12 * time.Hour,
		types.TierBulk:     48 * time.Hour,
	},
}

// restored reports whether there is a copy that can be read.
func (r *restoration) restored(now time.Time) bool {
	return r != nil && !now.Before(r.ready) && now.Before(r.expires)
}

// ongoing reports whether the copy is still being made.
func (r *restoration) ongoing(now time.Time) bool { return r != nil && now.Before(r.ready) }

// header is x-amz-restore; nil without a copy.
func (r *restoration) header(now time.Time) *string {
	switch {
	case r.ongoing(now):
		return aws.String(`ongoing-request="true"`)
	case r.restored(now):
		return aws.String(`ongoing-request="false", expiry-date="` + httpDate(r.expires) + `"`)
	}
	return nil
}

func (s *Fake) needRestoreObject(ctx context.Context, in *awss3.RestoreObjectInput) ([]fakeaws.Need, error) {
	if err := checkRestore(in.RestoreRequest); err != nil {
		return nil, err
	}
	return s.objectNeeds(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "s3:RestoreObject")
}

func checkRestore(r *types.RestoreRequest) error {
	switch {
	case r == nil:
		return errMalformedXML.of()
	case r.Type != "":
		return notImplemented("Type")
	case r.SelectParameters != nil:
		return notImplemented("SelectParameters")
	case r.OutputLocation != nil:
		return notImplemented("OutputLocation")
	case r.Tier != "" && r.GlacierJobParameters != nil, r.Days == nil:
		return errMalformedXML.of()
	case *r.Days < 1:
		return invalidArgument("restoration days should be at least 1", "Days", itoa(*r.Days))
	case !known(tierOf(r)):
		return errMalformedXML.of()
	}
	return nil
}

// tierOf is how fast a request wants the copy.
func tierOf(r *types.RestoreRequest) types.Tier {
	switch {
	case r.GlacierJobParameters != nil:
		return r.GlacierJobParameters.Tier
	case r.Tier != "":
		return r.Tier
	}
	return types.TierStandard
}

// speed orders the tiers.
func speed(t types.Tier) int {
	return strings.Index("Bulk Standard Expedited", string(t))
}

// RestoreObject has a copy made of an archived object, which is there after a
// while on the World's clock and for some days. To ask again for a copy that is
// there changes how long it stays.
func (s *Fake) RestoreObject(ctx context.Context, in *awss3.RestoreObjectInput) (*awss3.RestoreObjectOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "POST")
	if err != nil {
		return nil, err
	}
	durations, ok := retrievals[o.storageClass]
	if !ok {
		return nil, errInvalidObjectState.says("Restore is not allowed for the object's current storage class", "StorageClass", string(o.listedClass()))
	}
	tier := tierOf(in.RestoreRequest)
	wait, ok := durations[tier]
	if !ok {
		return nil, invalidArgument("Retrieval option is not supported by this storage class", "Tier", string(tier))
	}
	now := s.world.Clock().Now()
	again := o.restore.restored(now)
	next := &restoration{ready: now.Add(wait), tier: tier}
	switch {
	case again:
		next.ready, next.tier = o.restore.ready, o.restore.tier
	case o.restore.ongoing(now) && speed(tier) <= speed(o.restore.tier):
		return nil, errRestoreInProgress.of()
	}
	from := next.ready
	if again {
		from = now
	}
	// A copy expires at the midnight UTC after its last day (User Guide,
	// "Restoring an archived object").
	next.expires = from.UTC().AddDate(0, 0, int(*in.RestoreRequest.Days)).Truncate(24*time.Hour).AddDate(0, 0, 1)
	if again {
		call.Finished()
	}
	changed := *o
	changed.restore = next
	b.replace(&changed)
	return &awss3.RestoreObjectOutput{}, nil
}
