package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

func (s *Fake) eventOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.putEvents), fakeaws.Bind(s.testEventPattern)}
}

// maxEntries is how long the entries of a request may be together ("PutEvents entry size"
// of the user guide, since January 2026; 256 KiB before).
const maxEntries = 1 << 20

// Codes of entries of PutEvents that failed.
const (
	codeArgument = "InvalidArgument"
	codeDetail   = "MalformedDetail"
	codeSource   = "NotAuthorizedForSourceException"
	codeDenied   = "AccessDeniedException"
	codeInternal = "InternalFailure"
)

// An entry is one event of PutEvents: the bus that it is for, and what is wrong with it.
type entry struct {
	of         *types.PutEventsRequestEntry
	bus        busID
	code, text string
}

// putEvents puts events on buses. Each is judged by itself, with its source and type as
// condition keys; when all are denied the call is. They are delivered before the call is
// answered: a test that has its answer finds the message in the queue.
func (s *Fake) putEvents(call *fakeaws.Call, in *eb.PutEventsInput) (*fakeaws.Plan[*eb.PutEventsOutput], error) {
	if e, ok := call.Value(forwardKey{}).(*event); ok {
		return s.forwarded(call, in, e)
	}
	if err := check(in); err != nil {
		return nil, err
	}
	if in.EndpointId != nil {
		return nil, notImplemented("global endpoints are not there")
	}
	size := 0
	entries := make([]entry, len(in.Entries))
	needs := make([]fakeaws.Need, len(in.Entries))
	for i := range in.Entries {
		of := &in.Entries[i]
		if size += sizeOf(of); size > maxEntries {
			return nil, invalid(textTooLarge)
		}
		id, err := busAt(call, of.EventBusName)
		if err != nil {
			return nil, err
		}
		entries[i] = entry{of: of, bus: id}
		entries[i].code, entries[i].text = wrongEntry(of, call.Fixture())
		needs[i] = s.putNeed(of, id, false)
		needs[i].Entry = i + 1
	}
	return &fakeaws.Plan[*eb.PutEventsOutput]{Needs: needs, Do: func() (*eb.PutEventsOutput, error) { return s.put(call, entries) }}, nil
}

// putNeed is the permission to put an event on a bus.
func (s *Fake) putNeed(of *types.PutEventsRequestEntry, id busID, byBus bool) fakeaws.Need {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, need := s.need("events:PutEvents", id)
	setEventKeys(&need.Context, aws.ToString(of.Source), aws.ToString(of.DetailType), byBus)
	return need
}

func setEventKeys(c *enforce.Context, source, kind string, byBus bool) {
	setTexts(c, "events:source", source)
	setTexts(c, "events:detail-type", kind)
	c.Set("events:eventBusInvocation", strconv.FormatBool(byBus))
}

// setTexts sets a key that may have several values. One is no list: the policies of the user
// guide compare it with StringEquals.
func setTexts(c *enforce.Context, key string, values ...string) {
	switch {
	case len(values) > 1:
		c.SetMulti(key, values)
	case len(values) == 1 && values[0] != "":
		c.Set(key, values[0])
	}
}

// sizeOf is how long an entry is ("Calculating PutEvents event entry size").
func sizeOf(e *types.PutEventsRequestEntry) int {
	n := len(aws.ToString(e.Source)) + len(aws.ToString(e.DetailType)) + len(aws.ToString(e.Detail))
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

// wrongEntry is what is wrong with an entry: its code and text. The World's hand stands for
// services of AWS as well, which alone have sources of that name.
func wrongEntry(e *types.PutEventsRequestEntry, service bool) (code, text string) {
	for _, m := range []struct {
		name  string
		value *string
	}{{"Source", e.Source}, {"DetailType", e.DetailType}, {"Detail", e.Detail}} {
		if aws.ToString(m.value) == "" {
			return codeArgument, fmt.Sprintf(textEntryRequired, m.name, m.name)
		}
	}
	switch {
	case strings.HasPrefix(*e.Source, "aws.") && !service:
		return codeSource, textSource
	case !isObject(*e.Detail):
		return codeDetail, textDetail
	}
	return "", ""
}

// put performs PutEvents. No lock is held.
func (s *Fake) put(call *fakeaws.Call, entries []entry) (*eb.PutEventsOutput, error) {
	results := make([]types.PutEventsResultEntry, len(entries))
	denied := 0
	for i := range entries {
		e := &entries[i]
		if err := call.EntryDenial(i + 1); err != nil {
			denied++
			e.code, e.text = codeDenied, err.Error()
			if api := smithy.APIError(nil); errors.As(err, &api) {
				e.text = api.ErrorMessage()
			}
		}
	}
	if denied == len(entries) {
		return nil, call.EntryDenial(1)
	}
	failed := int32(0)
	for i := range entries {
		e := &entries[i]
		if e.code == "" {
			made, err := s.eventOf(call, e)
			if err == nil {
				results[i].EventId = &made.record.ID
				s.publish(call, e.bus, made, nil)
				continue
			}
			e.code, e.text = codeInternal, err.Error()
		}
		results[i].ErrorCode, results[i].ErrorMessage = &e.code, &e.text
		failed++
	}
	return &eb.PutEventsOutput{Entries: results, FailedEntryCount: failed}, nil
}

// eventOf makes the event of an entry. It is of the account that puts it, whoever has the
// bus.
func (s *Fake) eventOf(call *fakeaws.Call, e *entry) (*event, error) {
	now := s.now()
	at := now
	if e.of.Time != nil {
		at = *e.of.Time
	}
	account := call.Account
	if account == "" {
		account = e.bus.account // a service that calls as itself
	}
	made, err := newEvent(&eventDocument{
		ID: s.world.IDs().UUID(), DetailType: *e.of.DetailType, Source: *e.of.Source, Account: account, Time: timestamp(at),
		Region: e.bus.region, Resources: e.of.Resources, Detail: []byte(*e.of.Detail),
	}, now)
	if err == nil {
		made.trace = aws.ToString(e.of.TraceHeader)
	}
	return made, err
}

// publish puts an event on a bus, and delivers it to the targets of the rules that it
// matches, or of those of only. On a bus that does not exist it is gone: AWS says nothing
// of that. No lock is held.
func (s *Fake) publish(ctx context.Context, id busID, e *event, only map[string]bool) {
	s.mu.Lock()
	b := s.bus(id)
	if b == nil {
		s.mu.Unlock()
		return
	}
	b.keep(e.record)
	if e.record.ReplayName == "" {
		s.archive(b, e)
	}
	var all []*delivery
	for _, r := range b.matching(e.parsed) {
		if only == nil || only[r.arn()] {
			all = append(all, s.deliveriesOf(r, e)...)
		}
	}
	s.mu.Unlock()
	s.deliver(ctx, all)
}

// PutServiceEvent implements [fakeaws.EventSink].
func (s *Fake) PutServiceEvent(ctx context.Context, e *fakeaws.ServiceEvent) {
	now := s.now()
	at := e.Time
	if at.IsZero() {
		at = now
	}
	made, err := newEvent(&eventDocument{
		ID: s.world.IDs().UUID(), DetailType: e.DetailType, Source: e.Source, Account: e.Account, Time: timestamp(at), Region: e.Region,
		Resources: e.Resources, Detail: e.Detail,
	}, now)
	if err != nil {
		panic("fakeaws: the detail of an event of " + e.Source + " is no JSON object: " + err.Error())
	}
	s.publish(ctx, busID{e.Account, e.Region, defaultName}, made, nil)
}

// mandatory are the members of an event without which TestEventPattern takes none. That
// resources are not among them, as the API reference says, is what is recorded.
var mandatory = []string{"id", "account", "source", "time", "region", "detail-type"}

func (s *Fake) testEventPattern(call *fakeaws.Call, in *eb.TestEventPatternInput) (*fakeaws.Plan[*eb.TestEventPatternOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	e, err := eventpattern.ParseEvent([]byte(*in.Event))
	if err != nil {
		return nil, invalid(textTestedEvent)
	}
	for _, name := range mandatory {
		if e.Text(name) == "" {
			return nil, invalid(textTestedEvent)
		}
	}
	p, err := eventpattern.Parse(*in.EventPattern)
	if err != nil {
		return nil, badPattern(err)
	}
	return planned(s, []fakeaws.Need{anywhere(call, "events:TestEventPattern")}, func() (*eb.TestEventPatternOutput, error) {
		return &eb.TestEventPatternOutput{Result: p.Match(e)}, nil
	}), nil
}

// Take implements [fakeaws.Target]: services deliver to event buses.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	if _, ok := parseBusARN(d.Target); !ok {
		return nil, errors.New("leastpriv: nothing is delivered to " + d.Target + ": it is no event bus")
	}
	return &eb.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &d.Target, Source: &d.Source, DetailType: &d.DetailType, Detail: aws.String(string(d.Body)),
	}}}, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	id, ok := parseBusARN(arn)
	return ok && s.hasBus(id)
}

// Answer implements [fakeaws.Answerer]: the error of the only entry.
func (s *Fake) Answer(output any) ([]byte, error) {
	out := output.(*eb.PutEventsOutput)
	for _, e := range out.Entries {
		if e.ErrorCode != nil {
			return nil, &fakeaws.Error{Code: *e.ErrorCode, Message: aws.ToString(e.ErrorMessage), Status: 400}
		}
	}
	return nil, nil
}
