package s3

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// A lockSetting is Object Lock of a bucket.
type lockSetting struct {
	locking bool
	// retention is what new objects get that ask for none; nil: nothing.
	retention *types.DefaultRetention
}

// An objectLock is what keeps a version from being deleted. It is immutable.
type objectLock struct {
	mode  types.ObjectLockMode // empty without retention
	until time.Time
	hold  types.ObjectLockLegalHoldStatus // empty when never set
}

// object lock of a version; the zero one when it has none.
func (o *object) locked() objectLock {
	if o.lock == nil {
		return objectLock{}
	}
	return *o.lock
}

// retained reports whether the retention is in force.
func (l objectLock) retained(now time.Time) bool { return l.mode != "" && now.Before(l.until) }

// checkLocked refuses to remove a version that Object Lock protects.
func (s *Fake) checkLocked(o *object, bypass bool) error {
	l := o.locked()
	governed := l.retained(s.world.Clock().Now()) && !(bypass && l.mode == types.ObjectLockModeGovernance)
	if governed || l.hold == types.ObjectLockLegalHoldStatusOn {
		return errLocked.of()
	}
	return nil
}

// checkBypass refuses a parameter that means Object Lock, whatever its value.
func (b *bucket) checkBypass(bypass *bool) error {
	if bypass != nil && !b.locking {
		return errInvalidArgument.withText("x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.", "ArgumentName", "x-amz-bypass-governance-retention")
	}
	return nil
}

// asked reports whether a request has parameters of Object Lock.
func (p *lockParams) asked() bool { return *p != (lockParams{}) }

// checkLock refuses parameters that make no sense in any bucket.
func (p *lockParams) checkLock(now time.Time) error {
	switch {
	case p.ObjectLockEventHold != "":
		return notImplemented("x-amz-object-lock-event-hold")
	case p.ObjectLockEventHoldDurationDays != nil:
		return notImplemented("x-amz-object-lock-event-hold-duration-days")
	case p.ObjectLockEventHoldDurationYears != nil:
		return notImplemented("x-amz-object-lock-event-hold-duration-years")
	case p.ObjectLockMode == "" && p.ObjectLockRetainUntilDate != nil:
		return errInvalidArgument.withText(bothOfRetention, "ArgumentName", "x-amz-object-lock-mode")
	case p.ObjectLockMode != "" && p.ObjectLockRetainUntilDate == nil:
		return errInvalidArgument.withText(bothOfRetention, "ArgumentName", "x-amz-object-lock-retain-until-date")
	case p.ObjectLockMode != "" && !known(p.ObjectLockMode):
		return invalidArgument("Unknown wormMode directive.", "x-amz-object-lock-mode", string(p.ObjectLockMode))
	case p.ObjectLockLegalHoldStatus != "" && !known(p.ObjectLockLegalHoldStatus):
		return invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", string(p.ObjectLockLegalHoldStatus))
	case p.ObjectLockRetainUntilDate != nil:
		return checkRetainUntil(*p.ObjectLockRetainUntilDate, now)
	}
	return nil
}

// bothOfRetention refuses one of the two headers; the argument that it names is the other.
const bothOfRetention = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"

func checkRetainUntil(until, now time.Time) error {
	if !until.After(now) {
		return invalidArgument("The retain until date must be in the future!", "RetainUntilDate", seattleDate(until))
	}
	return nil
}

// seattleDate is a time as the errors of Object Lock print it: that of S3's home, in the
// form of Java's Date. It is printed as of winter where the machine has no time zones.
func seattleDate(t time.Time) string {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		zone = time.FixedZone("PST", -8*60*60)
	}
	return t.In(zone).Format("Mon Jan 02 15:04:05 MST 2006")
}

// lockFor is the lock of a new object: what the request asks or, where it asks
// for no retention, the default of the bucket.
func (b *bucket) lockFor(p *lockParams, now time.Time) (*objectLock, error) {
	if !b.locking {
		if p.asked() {
			return nil, errInvalidRequest.withText("Bucket is missing Object Lock Configuration")
		}
		return nil, nil
	}
	l := objectLock{mode: p.ObjectLockMode, hold: p.ObjectLockLegalHoldStatus}
	if p.ObjectLockRetainUntilDate != nil {
		l.until = *p.ObjectLockRetainUntilDate
	} else if r := b.retention; r != nil {
		l.mode = types.ObjectLockMode(r.Mode)
		// A year ends on the same date; unverified.
		l.until = now.AddDate(int(aws.ToInt32(r.Years)), 0, int(aws.ToInt32(r.Days)))
	}
	if l == (objectLock{}) {
		return nil, nil
	}
	return &l, nil
}

// setKeys sets the condition keys of Object Lock.
func (p *lockParams) setKeys(keys *enforce.Context, now time.Time) {
	setEnum(keys, "s3:object-lock-mode", p.ObjectLockMode)
	setEnum(keys, "s3:object-lock-legal-hold", p.ObjectLockLegalHoldStatus)
	setRetention(keys, p.ObjectLockRetainUntilDate, now)
}

// setRetention sets the keys of a retain until date. Days that have begun count
// as remaining; unverified.
func setRetention(keys *enforce.Context, until *time.Time, now time.Time) {
	if until == nil {
		return
	}
	const day = 24 * time.Hour
	keys.Set("s3:object-lock-retain-until-date", until.UTC().Format(time.RFC3339))
	keys.Set("s3:object-lock-remaining-retention-days", strconv.FormatInt(int64((until.Sub(now)+day-1)/day), 10))
}

// known reports whether a value is one of its enumeration.
func known[E interface {
	~string
	Values() []E
}](value E) bool {
	for _, v := range value.Values() {
		if v == value {
			return true
		}
	}
	return false
}
