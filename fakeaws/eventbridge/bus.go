package eventbridge

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A bus is one event bus.
type bus struct {
	id          busID
	description *string
	kmsKey      *string
	dead        *types.DeadLetterConfig
	logs        *types.LogConfig
	tags        map[string]string
	policy      *fakeaws.ResourcePolicy
	created     time.Time // zero for a default bus
	changed     time.Time
	rules       map[string]*rule
	index       *index // nil when the rules have changed
	published   []*Event
	gone        bool
}

// bus finds an event bus; nil where there is none. The default bus is there in every region
// of every account. The lock is held.
func (s *Fake) bus(id busID) *bus {
	b := s.buses[id]
	if b == nil && id.name == defaultName {
		if _, ours := s.world.Account(id.account); ours {
			b = &bus{id: id, rules: make(map[string]*rule)}
			s.buses[id] = b
		}
	}
	return b
}

// exists is the error of a bus that is missing, or was deleted since it was found.
func (b *bus) exists(id busID) error {
	if b == nil || b.gone {
		return noBus(id.name)
	}
	return nil
}

// guard has the policy of a bus guard a permission on it or on one of its rules.
func (b *bus) guard(need *fakeaws.Need) {
	need.Policy = noPolicy
	if b != nil && b.policy != nil {
		need.Policy = b.policy.Policy()
	}
}

// need is one permission on a bus. A bus that does not exist is judged like one without a
// policy, so that only who may see it learns that it is missing. The lock is held.
func (s *Fake) need(action string, id busID) (*bus, fakeaws.Need) {
	b := s.bus(id)
	need := fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account}
	b.guard(&need)
	if b != nil {
		setResourceTags(&need.Context, b.tags)
	}
	return b, need
}

func setResourceTags(c *enforce.Context, tags map[string]string) {
	for key, value := range tags {
		c.Set("aws:ResourceTag/"+key, value)
	}
}

// onBus plans an operation on one bus, with one permission. The function do performs it
// under the lock on the bus that was judged.
func onBus[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*bus) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := busAt(call, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	b, need := s.need("events:"+call.Operation, id)
	s.mu.Unlock()
	for _, set := range keys {
		set(&need.Context)
	}
	return planned(s, []fakeaws.Need{need}, func() (none O, err error) {
		if err := b.exists(id); err != nil {
			return none, err
		}
		return do(b)
	}), nil
}

// entry is the bus as lists have it.
func (b *bus) entry() types.EventBus {
	e := types.EventBus{Arn: aws.String(b.id.arn()), Name: aws.String(b.id.name), Description: b.description, Policy: b.document()}
	e.CreationTime, e.LastModifiedTime = b.times()
	return e
}

func (b *bus) times() (created, changed *time.Time) {
	if b.created.IsZero() {
		return nil, nil // that a default bus has none is unverified
	}
	return aws.Time(b.created), aws.Time(b.changed)
}

// document is the text of the policy; nil where there is none.
func (b *bus) document() *string {
	if b.policy == nil {
		return nil
	}
	return aws.String(b.policy.Document())
}
