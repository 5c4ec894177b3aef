package s3

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A restoring is an archived object whose copy is being made, or is there. Of both ends S3
// sends an event.
type restoring struct {
	key       string
	completed bool // the event of the copy that is ready was made
}

// restores are the copies of archived objects of a bucket.
type restores struct {
	of map[uint64]*restoring // by the place of the version
	// next is when the first of them is ready or expires.
	next time.Time
}

// watch remembers a version whose copy was asked for.
func (r *restores) watch(o *object) {
	if r.of == nil {
		r.of = make(map[uint64]*restoring)
	}
	w := r.of[o.place]
	if w == nil {
		w = &restoring{key: o.key}
		r.of[o.place] = w
	}
	r.sooner(w.due(o.restore))
}

func (r *restores) sooner(at time.Time) {
	if r.next.IsZero() || at.Before(r.next) {
		r.next = at
	}
}

// due is when there is the next event of a copy.
func (w *restoring) due(r *restoration) time.Time {
	if w.completed {
		return r.expires
	}
	return r.ready
}

// endRestores makes the events of copies that became ready or expired. Like lifecycle rules
// they are found when the bucket is next looked at. The lock is held.
func (s *Fake) endRestores(b *bucket, now time.Time) {
	r := &b.restores
	if r.next.IsZero() || now.Before(r.next) {
		return
	}
	places := make([]uint64, 0, len(r.of))
	for place := range r.of {
		places = append(places, place)
	}
	slices.Sort(places)
	r.next = time.Time{}
	for _, place := range places {
		w := r.of[place]
		h := b.history(w.key)
		i := h.place(place)
		if i >= len(h) || h[i].place != place {
			delete(r.of, place) // it was deleted
			continue
		}
		o := h[i]
		if !w.completed && !now.Before(o.restore.ready) {
			w.completed = true
			s.notify(b, o, occurrence{event: types.EventS3ObjectRestoreCompleted, at: o.restore.ready, restored: &glacierEventData{
				restoreEventData{eventTime(o.restore.expires), o.storageClass},
			}})
		}
		if !now.Before(o.restore.expires) {
			delete(r.of, place)
			s.notify(b, o, occurrence{event: types.EventS3ObjectRestoreDelete, at: o.restore.expires})
			continue
		}
		r.sooner(w.due(o.restore))
	}
}
