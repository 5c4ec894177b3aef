package s3

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectRestoreOps are the rows of archived objects.
func (s *Fake) objectRestoreOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.restoreObject)}
}

// A restoration is the temporary copy of an archived object. It is immutable.
type restoration struct {
	ready   time.Time
	expires time.Time
	tier    types.Tier
}

// retrievals are how long a retrieval takes: the longest that AWS says a tier typically takes
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

// restoreObject has a copy made of an archived object, which is there after a
// while on the World's clock and for some days. To ask again for a copy that is
// there changes how long it stays.
func (s *Fake) restoreObject(call *fakeaws.Call, in *awss3.RestoreObjectInput) (*fakeaws.Plan[*awss3.RestoreObjectOutput], error) {
	if err := checkRestore(in.RestoreRequest); err != nil {
		return nil, err
	}
	tier, days := tierOf(in.RestoreRequest), int(*in.RestoreRequest.Days)
	return changeObject(s, call, versionChange[*awss3.RestoreObjectOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: "s3:RestoreObject", method: "POST",
		change: func(b *bucket, o *object) (*awss3.RestoreObjectOutput, error) {
			now := s.world.Clock().Now()
			next, err := o.restoration(tier, days, now)
			if err != nil {
				return nil, err
			}
			again := o.restore.restored(now)
			o.restore = next
			b.restores.watch(o)
			if again {
				// Unverified: that it is no event, because nothing is restored.
				call.Finished()
				return new(awss3.RestoreObjectOutput), nil
			}
			s.notify(b, o, occurrence{event: types.EventS3ObjectRestorePost, call: call})
			return new(awss3.RestoreObjectOutput), nil
		},
	})
}

// restoration is the copy of an archived object that a request for one leads to.
func (o *object) restoration(tier types.Tier, days int, now time.Time) (*restoration, error) {
	durations, ok := retrievals[o.storageClass]
	if !ok {
		return nil, errInvalidObjectState.withText("Restore is not allowed for the object's current storage class", "StorageClass", string(o.listedClass()))
	}
	wait, ok := durations[tier]
	if !ok {
		return nil, invalidArgument("Retrieval option is not supported by this storage class", "Tier", string(tier))
	}
	next := &restoration{ready: now.Add(wait), tier: tier}
	from := next.ready
	switch {
	case o.restore.restored(now):
		next.ready, next.tier = o.restore.ready, o.restore.tier
		from = now
	case o.restore.ongoing(now) && speed(tier) <= speed(o.restore.tier):
		return nil, errRestoreInProgress.of()
	}
	// A copy expires at the midnight UTC after its last day (User Guide,
	// "Restoring an archived object").
	next.expires = from.UTC().AddDate(0, 0, days).Truncate(24*time.Hour).AddDate(0, 0, 1)
	return next, nil
}
