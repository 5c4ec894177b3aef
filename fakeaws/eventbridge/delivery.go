package eventbridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
	"github.com/leastpriv/leastpriv/fakeaws/internal/retry"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A delivery is one event on its way to one target of a rule, as both were when the event
// matched.
type delivery struct {
	event  *event
	target *types.Target
	rule   ruleRef
	record *Delivery
	// attempts is how often it was tried, and begun when first.
	attempts int
	begun    time.Time
}

// A ruleRef is on whose behalf EventBridge delivers.
type ruleRef struct {
	arn, name       string
	account, region string
}

// service is EventBridge as it calls on behalf of the rule.
func (r *ruleRef) service(region string) fakeaws.ServiceCall { return asRule(r.arn, r.account, region) }

func asRule(arn, account, region string) fakeaws.ServiceCall {
	return fakeaws.ServiceCall{Principal: serviceName, SourceARN: arn, SourceAccount: account, Region: region}
}

// deliveriesOf are the deliveries of an event to all targets of a rule. The lock is held.
func (s *Fake) deliveriesOf(r *rule, e *event) (all []*delivery) {
	ref := ruleRef{arn: r.arn(), name: r.name, account: r.bus.id.account, region: r.bus.id.region}
	for _, t := range r.targets {
		d := &delivery{event: e, target: t, rule: ref, begun: s.world.Clock().Now()}
		d.record = &Delivery{EventID: e.record.ID, RuleARN: ref.arn, TargetID: *t.Id, TargetARN: *t.Arn}
		e.record.deliveries = append(e.record.deliveries, d.record)
		r.delivered = recent.Add(r.delivered, d.record, maxPublished)
		all = append(all, d)
	}
	return all
}

// deliver delivers, one after the other. No lock is held. Who has gone does not end it: the
// events are published.
func (s *Fake) deliver(ctx context.Context, all []*delivery) {
	ctx = context.WithoutCancel(ctx)
	for _, d := range all {
		s.try(ctx, d)
	}
}

// try tries a delivery, and notes what became of it.
func (s *Fake) try(ctx context.Context, d *delivery) {
	d.attempts++
	input, err := d.input()
	if err != nil {
		s.fail(ctx, d, &failure{code: codeInvalidJSON, text: err.Error()})
		return
	}
	s.note(d, func(r *Delivery) { r.Input, r.Attempts = string(input), d.attempts })
	if err := s.send(ctx, d, input); err != nil {
		why := s.failureOf(d, err)
		if why.retried && s.later(d, why) {
			s.note(d, func(r *Delivery) { r.Outcome, r.Reason = Retrying, err.Error() })
			return
		}
		s.fail(ctx, d, why)
		return
	}
	s.note(d, func(r *Delivery) { r.Outcome, r.Reason = Delivered, "" })
}

func (s *Fake) note(d *delivery, change func(*Delivery)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(d.record)
}

// send makes the call that delivers.
func (s *Fake) send(ctx context.Context, d *delivery, input []byte) error {
	arn, err := awsarn.Parse(*d.target.Arn)
	if err != nil {
		return err // it was checked
	}
	as, err := s.actor(ctx, d, &arn)
	if err != nil {
		return err
	}
	if id, ok := parseBusARN(*d.target.Arn); ok {
		return s.forward(ctx, as, d, id)
	}
	if arn.Service == "events" {
		return errors.New("leastpriv: API destinations are not invoked: nothing leaves the process")
	}
	_, err = s.world.Deliver(ctx, as, s.deliveryTo(d, &arn, input))
	return err
}

// roleError wraps why a role cannot be assumed.
type roleError struct{ error }

func (e roleError) Unwrap() error { return e.error }

// actor is who delivers: the role of the target, or else EventBridge itself, whom the policy
// of the target must let. To a bus of another account without a role it is the account of
// the rule, which the policy of that bus names.
func (s *Fake) actor(ctx context.Context, d *delivery, arn *awsarn.ARN) (fakeaws.Actor, error) {
	region := arn.Region
	if region == "" {
		region = d.rule.region
	}
	service := d.rule.service(region)
	if name := aws.ToString(d.target.RoleArn); name != "" {
		if !s.world.Has("sts") {
			return fakeaws.Actor{}, roleError{errors.New("this World has no STS, which the role of a target takes")}
		}
		session, err := role.Assume(ctx, s.world, service, name, s.world.IDs().Hex(32))
		if err != nil {
			return fakeaws.Actor{}, roleError{err}
		}
		return session.Actor, nil
	}
	if arn.Service == "events" && arn.AccountID != d.rule.account {
		account, ok := s.world.Account(d.rule.account)
		if !ok {
			return fakeaws.Actor{}, errors.New("leastpriv: this World has no account " + d.rule.account)
		}
		return s.world.ActorOf(account.Root.AccessKeyID, region)
	}
	return service.Actor(), nil
}

// deliveryTo is what the target gets.
func (s *Fake) deliveryTo(d *delivery, arn *awsarn.ARN, input []byte) *fakeaws.Delivery {
	out := &fakeaws.Delivery{Target: *d.target.Arn, Body: input, TraceHeader: d.event.trace}
	switch arn.Service {
	case "sqs":
		if p := d.target.SqsParameters; p != nil {
			out.GroupID = aws.ToString(p.MessageGroupId)
		}
	case "sns":
		if strings.HasSuffix(arn.Resource, ".fifo") && d.target.SqsParameters != nil {
			out.GroupID = aws.ToString(d.target.SqsParameters.MessageGroupId)
		}
	case "kinesis":
		out.PartitionKey = d.partitionKey()
	case "logs":
		out.Name = d.event.record.ID // that the stream is called so is unverified
	case "states":
		out.Name = d.event.record.ID + "_" + s.world.IDs().UUID() // unverified
	}
	return out
}

// partitionKey is the text at the path of the target: "The default is to use the eventId as
// the partition key."
func (d *delivery) partitionKey() string {
	if p := d.target.KinesisParameters; p != nil && p.PartitionKeyPath != nil {
		if path, ok := parsePath(*p.PartitionKeyPath); ok {
			if raw, ok := path.of(d.event.document); ok {
				var text string
				if json.Unmarshal(raw, &text) == nil {
					return text
				}
				return string(compact(raw))
			}
		}
	}
	return d.event.record.ID
}

// forwardKey is the key of an event in the context of a call that sends it to another bus.
// Only this package has it.
type forwardKey struct{}

// forward sends an event on to another bus, as it is: "the account and Region in the event
// are those of the sender". A bus that has one from another does not send it on.
func (s *Fake) forward(ctx context.Context, as fakeaws.Actor, d *delivery, to busID) error {
	if d.event.forwarded {
		code := codeThirdAccount
		if to.account == d.rule.account {
			code = codeThirdRegion
		}
		return &fakeaws.Error{Code: code, Message: "an event that comes from another event bus is not sent on to a third", Status: 400}
	}
	in := &eb.PutEventsInput{Entries: []types.PutEventsRequestEntry{{EventBusName: aws.String(to.arn())}}}
	_, err := s.world.Do(context.WithValue(ctx, forwardKey{}, d.event), as, in)
	return err
}

// forwarded plans PutEvents of another bus.
func (s *Fake) forwarded(call *fakeaws.Call, in *eb.PutEventsInput, e *event) (*fakeaws.Plan[*eb.PutEventsOutput], error) {
	id, err := busAt(call, in.Entries[0].EventBusName)
	if err != nil {
		return nil, err
	}
	need := s.putNeed(&types.PutEventsRequestEntry{Source: &e.record.Source, DetailType: &e.record.DetailType}, id, true)
	// What the event causes is no call of another bus.
	ctx := context.WithValue(call.Context, forwardKey{}, nil)
	return &fakeaws.Plan[*eb.PutEventsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*eb.PutEventsOutput, error) {
		if !s.hasBus(id) {
			return nil, noBus(id.name)
		}
		s.publish(ctx, id, e.on(true), nil)
		return &eb.PutEventsOutput{Entries: []types.PutEventsResultEntry{{EventId: &e.record.ID}}}, nil
	}}, nil
}

// Codes with which EventBridge says in a dead-letter queue why an event is there (user
// guide, "Using dead-letter queues to process undelivered events").
const (
	codeNoPermissions   = "NO_PERMISSIONS"
	codeNoResource      = "NO_RESOURCE"
	codeAssumeRole      = "FAILED_TO_ASSUME_ROLE"
	codeInvalidJSON     = "INVALID_JSON"
	codeInvalidArgument = "INVALID_PARAMETER"
	codeFromTarget      = "ERROR_FROM_TARGET"
	codeThrottling      = "THROTTLING"
	codeThirdAccount    = "THIRD_ACCOUNT_HOP_DETECTED"
	codeThirdRegion     = "THIRD_REGION_HOP_DETECTED"
)

// codes are those of the kinds of errors.
var codes = map[retry.Kind]string{
	retry.Argument: codeInvalidArgument, retry.Permission: codeNoPermissions, retry.Resource: codeNoResource,
	retry.Throttling: codeThrottling, retry.Target: codeFromTarget,
}

// A failure is why a delivery failed.
type failure struct {
	code, text string
	retried    bool
	// exhausted is the limit that ended the retries.
	exhausted string
}

// failureOf sorts an error: what a missing permission, target or role causes is not tried
// again, and what the target or the network cause is.
func (s *Fake) failureOf(d *delivery, err error) *failure {
	f := &failure{code: codeFromTarget, text: err.Error(), retried: true}
	var api smithy.APIError
	if errors.As(err, &api) {
		kind := retry.Sort(api)
		f.text, f.code, f.retried = api.ErrorMessage(), codes[kind], kind.Retried()
		if name := api.ErrorCode(); name == codeThirdAccount || name == codeThirdRegion {
			f.code = name
		}
	} else if !s.world.TargetExists(*d.target.Arn) {
		f.code, f.retried = codeNoResource, false
	}
	var noRole roleError
	if errors.As(err, &noRole) {
		f.code, f.retried = codeAssumeRole, false
	}
	return f
}

// fail ends a delivery: the event goes to the dead-letter queue of the target, whose policy
// must let EventBridge on behalf of the rule, or is dropped.
func (s *Fake) fail(ctx context.Context, d *delivery, why *failure) {
	outcome, reason := Dropped, why.text
	if queue := d.target.DeadLetterConfig; queue != nil && queue.Arn != nil {
		if err := s.toDeadLetters(ctx, d, *queue.Arn, why); err != nil {
			reason += fmt.Sprintf("; and not to the dead-letter queue %s: %v", *queue.Arn, err)
		} else {
			outcome = DeadLettered
		}
	}
	s.note(d, func(r *Delivery) { r.Outcome, r.Reason, r.Code, r.Attempts = outcome, reason, why.code, d.attempts })
}

func (s *Fake) toDeadLetters(ctx context.Context, d *delivery, queue string, why *failure) error {
	attributes := make(map[string]fakeaws.DeliveryAttribute, 6)
	set := func(name, value string) {
		if value != "" {
			attributes[name] = fakeaws.DeliveryAttribute{Type: "String", String: value}
		}
	}
	set("RULE_ARN", d.rule.arn)
	set("TARGET_ARN", *d.target.Arn)
	set("ERROR_CODE", why.code)
	set("ERROR_MESSAGE", why.text)
	if why.exhausted != "" {
		set("EXHAUSTED_RETRY_CONDITION", why.exhausted)
		set("RETRY_ATTEMPTS", strconv.Itoa(d.attempts-1))
	}
	_, err := s.world.Deliver(ctx, d.rule.service(d.rule.region).Actor(), &fakeaws.Delivery{
		Target: queue, Body: d.event.document, Attributes: attributes,
	})
	return err
}
