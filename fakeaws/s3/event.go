package s3

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An occurrence is something that happened to an object, of which S3 can send an event.
type occurrence struct {
	event types.Event
	// call is the one that caused it; nil when S3 did it by itself.
	call *fakeaws.Call
	// at is when it happened; the zero time is the time of notify.
	at time.Time
	// restored and moved are what is known of an archived object that was restored, and
	// of one that went to another storage class.
	restored *glacierEventData
	moved    *lifecycleEventData
}

// notify makes the events of an occurrence: one for each destination that the bucket's
// notifications name for it. They are sent once the lock is not held, see deliver. The
// object is as it is after the occurrence, or as it was before it was deleted. The lock
// is held.
func (s *Fake) notify(b *bucket, o *object, what occurrence) {
	if b.notifications == nil {
		return
	}
	sequence := uint64(0)
	send := func(target string, configuration *string) {
		if sequence == 0 {
			s.outbox.sequence++
			sequence = s.outbox.sequence
		}
		if what.at.IsZero() {
			what.at = s.world.Clock().Now()
		}
		s.outbox.add(&delivery{
			from: b.bucketState, target: target, configuration: aws.ToString(configuration),
			object: o, what: what, sequence: sequence, made: s.world.Clock().Now(),
		})
	}
	for d := range b.notifications.destinations() {
		if wanted(d.events, d.filter, what.event, o.key) {
			send(d.arn, *d.id)
		}
	}
	if _, told := busEvents[what.event]; told && b.notifications.EventBridgeConfiguration != nil && s.world.Has("events") {
		send(eventBus, nil)
	}
}

// wanted reports whether a configuration is for an event of a key.
func wanted(events []types.Event, filter *types.NotificationConfigurationFilter, event types.Event, key string) bool {
	prefix, suffix := keyFilter(filter)
	if !strings.HasPrefix(key, prefix) || !strings.HasSuffix(key, suffix) {
		return false
	}
	for _, e := range events {
		if e == event || matchesOneStar(string(e), string(event)) {
			return true
		}
	}
	return false
}

// serviceName is S3 as a principal, and as the one who acts and the address where nobody
// called (User Guide, "Configuring S3 Lifecycle event notifications").
const serviceName = "s3.amazonaws.com"

// principal is the userIdentity of an event. For users and sessions it is their unique id;
// that a root user has its account's customer id, as S3 itself has it for a copy that was
// restored, and the word for requests without a signature, are unverified.
func (w *occurrence) principal(owner ownerAccount) string {
	switch {
	case w.event == types.EventS3ObjectRestoreCompleted:
		return customerPrincipal(owner.ID)
	case w.call == nil:
		return serviceName
	}
	switch c := w.call.Caller; c.Type {
	case enforce.Anonymous:
		return "Anonymous"
	case enforce.Root:
		return customerPrincipal(c.Account)
	case enforce.Service:
		return c.Service
	default:
		return "AWS:" + c.UserID
	}
}

func customerPrincipal(account string) string { return "AmazonCustomer:" + customerID(account) }

// customerID is the Amazon customer id by which events call an account. That it has 14
// characters is as in the User Guide's examples; which ones they are is ours.
func customerID(account string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	sum := sha256.Sum256([]byte("customer " + account))
	id := []byte("A")
	for _, b := range sum[:13] {
		id = append(id, alphabet[int(b)%len(alphabet)])
	}
	return string(id)
}

// address is the sourceIPAddress of an event. What S3 tells of a restored copy is
// unverified.
func (w *occurrence) address() string {
	switch {
	case w.call == nil:
		return serviceName
	case w.call.Caller.Type == enforce.Service:
		return w.call.Caller.Service
	case w.call.SourceIP == "":
		return goAddress
	}
	return w.call.SourceIP
}

// goAddress is where calls come from that Go code makes.
const goAddress = "127.0.0.1"
