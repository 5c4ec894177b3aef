package eventbridge

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
)

// An Outcome is what became of a delivery.
type Outcome string

// The outcomes of deliveries.
const (
	Delivered    Outcome = "delivered"
	Retrying     Outcome = "retrying"      // it failed, and is tried again
	DeadLettered Outcome = "dead-lettered" // it failed, and is in the dead-letter queue
	Dropped      Outcome = "dropped"
)

// A Delivery is one event on its way to one target of a rule.
type Delivery struct {
	EventID, RuleARN, TargetID, TargetARN string
	// Input is what the target gets.
	Input string
	// Outcome is empty while the delivery is under way. Code and Reason say why it failed.
	Outcome      Outcome
	Code, Reason string
	Attempts     int
}

// An Event is one that was put on a bus, as Go code sees it.
type Event struct {
	ID, Source, DetailType, Account, Region, Time string
	Resources                                     []string
	// Detail is a JSON object, and Document the whole event, as rules and targets see it.
	Detail, Document string
	// ReplayName is that of the replay that put the event; empty else.
	ReplayName string
	Published  time.Time
	// Deliveries are those to the targets of the rules that the event matched.
	Deliveries []Delivery

	deliveries []*Delivery
}

// maxPublished is how many events of a bus, and deliveries of a rule, are kept for Go code.
const maxPublished = 1000

// keep remembers an event. The lock is held.
func (b *bus) keep(e *Event) { b.published = recent.Add(b.published, e, maxPublished) }

// Buses returns the names of the event buses of an account in a region, in order.
func Buses(w *fakeaws.World, account, region string) []string {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, b := range s.busesOf(account, region) {
		names = append(names, b.id.name)
	}
	return names
}

// Published returns the latest thousand events of a bus, by its ARN, the first first; nil
// when there is no such bus.
func Published(w *fakeaws.World, busARN string) []Event {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := parseBusARN(busARN)
	b := s.bus(id)
	if !ok || b == nil {
		return nil
	}
	list := recent.Of(b.published, maxPublished)
	all := make([]Event, len(list))
	for i, e := range list {
		all[i] = *e
		all[i].deliveries = nil
		for _, d := range e.deliveries {
			all[i].Deliveries = append(all[i].Deliveries, *d)
		}
	}
	return all
}

// Deliveries returns the latest thousand deliveries of a rule, by its ARN, the first first.
func Deliveries(w *fakeaws.World, ruleARN string) []Delivery {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.ruleAt(ruleARN)
	if r == nil {
		return nil
	}
	var all []Delivery
	for _, d := range recent.Of(r.delivered, maxPublished) {
		all = append(all, *d)
	}
	return all
}

// A Rule is one of a bus, as Go code sees it.
type Rule struct {
	ARN, Name, Pattern, Schedule string
	Enabled                      bool
	Targets                      []types.Target
	// Next is when a rule with a schedule runs next; zero for never.
	Next time.Time
}

// Rules returns the rules of a bus, by its ARN, in the order of their names.
func Rules(w *fakeaws.World, busARN string) []Rule {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := parseBusARN(busARN)
	b := s.bus(id)
	if !ok || b == nil {
		return nil
	}
	var all []Rule
	for _, r := range inOrder(b.rules) {
		show := Rule{ARN: r.arn(), Name: r.name, Pattern: aws.ToString(r.patternText), Schedule: aws.ToString(r.scheduleText), Enabled: r.enabled(), Next: r.next}
		for _, t := range r.targets {
			show.Targets = append(show.Targets, *t)
		}
		all = append(all, show)
	}
	return all
}

// ruleAt finds a rule by its ARN; nil where there is none. The lock is held.
func (s *Fake) ruleAt(arn string) *rule {
	id, name, ok := parseRuleARN(arn)
	if !ok {
		return nil
	}
	if b := s.bus(id); b != nil {
		return b.rules[name]
	}
	return nil
}
