// Package eventstest puts events on the event buses of the accounts of package awstest, and
// shows what became of them. Only tests that import it link the fake of Amazon EventBridge:
//
//	acct := awstest.New(t, eventstest.With())
//	bus := eventstest.Of(acct)
//	bus.Put("shop", "Order Placed", map[string]any{"id": 1})
package eventstest

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
)

// With gives a World Amazon EventBridge: an option of [awstest.New].
func With() awstest.Option { return awstest.With(eventbridge.Service) }

// A Bus is one event bus of an account, for Go code that puts events on it and looks at it
// past the clients: no policy is asked, and [awstest.Account.Calls] shows nothing of it. What
// goes wrong ends the test.
type Bus struct {
	account      *awstest.Account
	region, name string
}

// Of returns the default bus of the account in its region.
func Of(a *awstest.Account) *Bus { return &Bus{a, a.Region(), "default"} }

// In returns the bus of the same name in another region.
func (b *Bus) In(region string) *Bus { return &Bus{b.account, region, b.name} }

// Named returns another bus of the account in the same region.
func (b *Bus) Named(name string) *Bus { return &Bus{b.account, b.region, name} }

// ARN returns the bus's ARN.
func (b *Bus) ARN() string {
	return fakeaws.ARN("events", b.region, b.account.ID(), "event-bus/"+b.name)
}

// Put puts an event on the bus, and returns it with its deliveries. The detail becomes a JSON
// object. A source that begins with "aws." is that of a service of AWS, which may.
func (b *Bus) Put(source, detailType string, detail any) eventbridge.Event {
	t := b.account.TB()
	t.Helper()
	raw, err := json.Marshal(detail)
	if err != nil {
		t.Fatalf("eventstest: the detail of an event of %s: %v", source, err)
	}
	b.world()
	out := fixture.Do[eb.PutEventsOutput](b.account, b.region, "eventstest: an event of "+source, &eb.PutEventsInput{
		Entries: []types.PutEventsRequestEntry{{EventBusName: &b.name, Source: &source, DetailType: &detailType, Detail: aws.String(string(raw))}},
	})
	if out.FailedEntryCount > 0 {
		t.Fatalf("eventstest: an event of %s: %s", source, aws.ToString(out.Entries[0].ErrorMessage))
	}
	all := b.Events()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].ID == *out.Entries[0].EventId {
			return all[i]
		}
	}
	t.Fatalf("eventstest: there is no bus %s", b.ARN())
	return eventbridge.Event{}
}

// Events returns the latest thousand events of the bus, the first first, with what became of
// their deliveries. Retries are made when the time has come: see [awstest.Account.Advance].
func (b *Bus) Events() []eventbridge.Event {
	b.account.TB().Helper()
	return eventbridge.Published(b.world(), b.ARN())
}

// Deliveries returns the latest thousand deliveries of a rule of the bus, the first first.
func (b *Bus) Deliveries(rule string) []eventbridge.Delivery {
	t := b.account.TB()
	t.Helper()
	w := b.world()
	for _, r := range eventbridge.Rules(w, b.ARN()) {
		if r.Name == rule {
			return eventbridge.Deliveries(w, r.ARN)
		}
	}
	t.Fatalf("eventstest: no rule %s on %s; there are: %s", rule, b.ARN(), fmt.Sprint(b.Rules()))
	return nil
}

// Rules returns the names of the rules of the bus, in order.
func (b *Bus) Rules() (names []string) {
	b.account.TB().Helper()
	for _, r := range eventbridge.Rules(b.world(), b.ARN()) {
		names = append(names, r.Name)
	}
	return names
}

func (b *Bus) world() *fakeaws.World {
	b.account.TB().Helper()
	fixture.Require(b.account, "events", "EventBridge", "eventstest")
	return b.account.World()
}
