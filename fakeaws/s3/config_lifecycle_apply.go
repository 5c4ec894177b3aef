package s3

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// aged is when a bucket's lifecycle rules were last applied, and which.
type aged struct {
	cfg *lifecycle
	day time.Time
}

const day = 24 * time.Hour

// due is when something of a time has reached an age: S3 adds the days and rounds
// up to the next midnight UTC (User Guide, "Lifecycle rules based on an object's
// age").
func due(since time.Time, days int32) time.Time {
	at := since.UTC().Add(time.Duration(days) * day)
	midnight := at.Truncate(day)
	if midnight.Equal(at) {
		return at
	}
	return midnight.Add(day)
}

// age applies the lifecycle rules of a bucket, and ends what was restored. S3 does so about once a day; here it
// is done when the bucket is next looked at: by somebody who stays until it is done. Who
// goes leaves the rest to the next. The lock is held.
func (s *Fake) age(ctx context.Context, b *bucket) error {
	now := s.world.Clock().Now().UTC()
	s.endRestores(b, now)
	cfg := b.lifecycle
	if cfg == nil {
		return nil
	}
	today := now.Truncate(day)
	if b.aged.cfg == cfg && !today.After(b.aged.day) {
		return nil // what was due then is done, and nothing is due between midnights
	}
	var keys []string
	b.objects.Scan(func(key string, _ history) bool {
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.ageVersions(b, cfg, key, now)
	}
	for i := range cfg.Rules {
		if r := &cfg.Rules[i]; r.Status == types.ExpirationStatusEnabled && r.AbortIncompleteMultipartUpload != nil {
			b.abortUploads(lifecyclePrefix(r), *r.AbortIncompleteMultipartUpload.DaysAfterInitiation, now)
		}
	}
	b.aged = aged{cfg, today}
	return nil
}

// ageVersions applies the rules to one key: first what removes versions for good,
// then what expires the object, then transitions (User Guide, "Lifecycle
// configuration conflicts").
func (s *Fake) ageVersions(b *bucket, cfg *lifecycle, key string, now time.Time) {
	h := b.history(key)
	for _, o := range append(history(nil), h[:max(len(h)-1, 0)]...) {
		if cfg.anyRule(func(r *types.LifecycleRule) bool { return noncurrentDue(r, b.history(key), o, now) }) && s.checkLocked(o, false) == nil {
			s.expire(b, o)
		}
	}
	current := b.history(key).current()
	switch {
	case current == nil:
		return
	case current.marker:
		if len(b.history(key)) == 1 && cfg.anyRule(func(r *types.LifecycleRule) bool { return markerDue(r, current, now) }) {
			s.expire(b, current)
		}
		return
	case cfg.anyRule(func(r *types.LifecycleRule) bool { return expired(r, current, now) }):
		switch {
		case b.versioning != "":
			marker := &object{key: key, marker: true}
			s.add(b, marker)
			s.notify(b, marker, occurrence{event: types.EventS3LifecycleExpirationDeleteMarkerCreated})
		case s.checkLocked(current, false) == nil:
			s.expire(b, current)
		}
		return
	}
	s.transition(b, cfg, key, now)
}

// expire removes a version for good, as a rule wants it. That a delete marker which expires
// is such an event is unverified.
func (s *Fake) expire(b *bucket, o *object) {
	b.drop(o)
	s.notify(b, o, occurrence{event: types.EventS3LifecycleExpirationDelete})
}

// anyRule reports whether is holds for one of the rules that are enabled.
func (cfg *lifecycle) anyRule(is func(*types.LifecycleRule) bool) bool {
	for i := range cfg.Rules {
		if cfg.Rules[i].Status == types.ExpirationStatusEnabled && is(&cfg.Rules[i]) {
			return true
		}
	}
	return false
}

// lifecyclePrefix is the prefix of the keys that a rule is for.
func lifecyclePrefix(r *types.LifecycleRule) string {
	switch f := r.Filter; {
	case f == nil:
		return aws.ToString(r.Prefix)
	case f.And != nil:
		return aws.ToString(f.And.Prefix)
	default:
		return aws.ToString(f.Prefix)
	}
}

// covers reports whether a rule is for an object.
func covers(r *types.LifecycleRule, o *object) bool {
	if !strings.HasPrefix(o.key, lifecyclePrefix(r)) {
		return false
	}
	f := r.Filter
	if f == nil {
		return true
	}
	over, under := f.ObjectSizeGreaterThan, f.ObjectSizeLessThan
	var tags []types.Tag
	if f.Tag != nil {
		tags = []types.Tag{*f.Tag}
	}
	if f.And != nil {
		over, under, tags = f.And.ObjectSizeGreaterThan, f.And.ObjectSizeLessThan, f.And.Tags
	}
	if over != nil && o.size <= *over || under != nil && o.size >= *under {
		return false
	}
	for _, t := range tags {
		if !hasTag(o.tags, t) {
			return false
		}
	}
	return true
}

func hasTag(tags []types.Tag, want types.Tag) bool {
	for _, t := range tags {
		if aws.ToString(t.Key) == aws.ToString(want.Key) && aws.ToString(t.Value) == aws.ToString(want.Value) {
			return true
		}
	}
	return false
}

// expiry is when a rule expires the current version of an object.
func expiry(r *types.LifecycleRule, o *object) (time.Time, bool) {
	switch e := r.Expiration; {
	case e == nil || !covers(r, o):
	case e.Date != nil:
		return *e.Date, true
	case e.Days != nil:
		return due(o.modified, *e.Days), true
	}
	return time.Time{}, false
}

func expired(r *types.LifecycleRule, o *object, now time.Time) bool {
	at, ok := expiry(r, o)
	return ok && !at.After(now)
}

// markerDue reports whether a rule removes a delete marker that has no versions
// behind it: one that says so, or whose age such markers have reached as well.
func markerDue(r *types.LifecycleRule, o *object, now time.Time) bool {
	if r.Expiration == nil || !strings.HasPrefix(o.key, lifecyclePrefix(r)) {
		return false
	}
	return aws.ToBool(r.Expiration.ExpiredObjectDeleteMarker) || expired(r, o, now)
}

// noncurrent is how many versions behind the current one are newer than a version,
// and since when it is not current itself.
func (h history) noncurrent(o *object) (newer int, since time.Time) {
	i := h.index(o.version)
	if i < 0 || i+1 >= len(h) {
		return 0, time.Time{}
	}
	return len(h) - 2 - i, h[i+1].modified
}

func noncurrentDue(r *types.LifecycleRule, h history, o *object, now time.Time) bool {
	e := r.NoncurrentVersionExpiration
	if e == nil || !covers(r, o) {
		return false
	}
	newer, since := h.noncurrent(o)
	return newer >= int(aws.ToInt32(e.NewerNoncurrentVersions)) && !due(since, *e.NoncurrentDays).After(now)
}

// minTransition is the size below which objects stay where they are.
const minTransition = 128 << 10

// transition moves the versions of a key to the storage classes that are due, the
// coldest of them.
func (s *Fake) transition(b *bucket, cfg *lifecycle, key string, now time.Time) {
	h := b.history(key)
	for i, o := range append(history(nil), h...) {
		if o.marker {
			continue
		}
		class := o.storageClass
		cfg.anyRule(func(r *types.LifecycleRule) bool {
			if !covers(r, o) {
				return false
			}
			if i == len(h)-1 {
				for _, t := range r.Transitions {
					at := due(o.modified, aws.ToInt32(t.Days))
					if t.Date != nil {
						at = *t.Date
					}
					class = cfg.colder(r, o, class, t.StorageClass, at, now)
				}
				return false
			}
			newer, since := h.noncurrent(o)
			for _, t := range r.NoncurrentVersionTransitions {
				if newer >= int(aws.ToInt32(t.NewerNoncurrentVersions)) {
					class = cfg.colder(r, o, class, t.StorageClass, due(since, *t.NoncurrentDays), now)
				}
			}
			return false
		})
		if class != o.storageClass {
			moved := *o
			moved.storageClass = class
			b.replace(&moved)
			s.notify(b, &moved, occurrence{event: types.EventS3LifecycleTransition, moved: &lifecycleEventData{transitionEventData{class}}})
		}
	}
}

// coldness is the order of the storage classes: objects move up it only (User Guide,
// "Transitioning objects using Amazon S3 Lifecycle").
func coldness(class types.StorageClass) int {
	switch class {
	case types.StorageClassStandardIa:
		return 1
	case types.StorageClassIntelligentTiering:
		return 2
	case types.StorageClassOnezoneIa:
		return 3
	case types.StorageClassGlacierIr:
		return 4
	case types.StorageClassGlacier:
		return 5
	case types.StorageClassDeepArchive:
		return 6
	}
	return 0
}

// colder is the class that a transition leaves an object in.
func (cfg *lifecycle) colder(r *types.LifecycleRule, o *object, has types.StorageClass, to types.TransitionStorageClass, at, now time.Time) types.StorageClass {
	class := types.StorageClass(to)
	small := o.size < minTransition && !sizeFilter(r)
	if cfg.TransitionDefaultMinimumObjectSize == types.TransitionDefaultMinimumObjectSizeVariesByStorageClass {
		small = small && class != types.StorageClassGlacier && class != types.StorageClassDeepArchive
	}
	if small || at.After(now) || coldness(class) <= coldness(has) {
		return has
	}
	return class
}

func sizeFilter(r *types.LifecycleRule) bool {
	f := r.Filter
	return f != nil && (f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil ||
		f.And != nil && (f.And.ObjectSizeGreaterThan != nil || f.And.ObjectSizeLessThan != nil))
}

// expirationOf is the header x-amz-expiration of an object: when it expires, and by
// which rule; of several the first to come.
func (b *bucket) expirationOf(o *object) *string {
	cfg := b.lifecycle
	if cfg == nil || o.marker {
		return nil
	}
	var first time.Time
	var id string
	cfg.anyRule(func(r *types.LifecycleRule) bool {
		if at, ok := expiry(r, o); ok && (id == "" || at.Before(first)) {
			first, id = at, aws.ToString(r.ID)
		}
		return false
	})
	if id == "" {
		return nil
	}
	return aws.String(`expiry-date="` + first.UTC().Format(http.TimeFormat) + `", rule-id="` + url.QueryEscape(id) + `"`)
}

// aborted is when a rule gives up an upload in parts, and which one; of several the
// first to come. Both are nil when none does.
func (b *bucket) aborted(m *multipart) (first *time.Time, id *string) {
	cfg := b.lifecycle
	if cfg == nil {
		return nil, nil
	}
	for i := range cfg.Rules {
		r := &cfg.Rules[i]
		if r.Status != types.ExpirationStatusEnabled || r.AbortIncompleteMultipartUpload == nil || !strings.HasPrefix(m.key, lifecyclePrefix(r)) {
			continue
		}
		if at := due(m.started, *r.AbortIncompleteMultipartUpload.DaysAfterInitiation); first == nil || at.Before(*first) {
			first, id = &at, r.ID
		}
	}
	return first, id
}

// abortUploads gives up the uploads in parts that were begun so many days ago.
func (b *bucket) abortUploads(prefix string, days int32, now time.Time) {
	if b.uploads.running == nil {
		return
	}
	var old []*multipart
	b.uploads.running.Scan(func(m *multipart) bool {
		if strings.HasPrefix(m.key, prefix) && !due(m.started, days).After(now) {
			old = append(old, m)
		}
		return true
	})
	for _, m := range old {
		b.uploads.running.Delete(m)
	}
}
