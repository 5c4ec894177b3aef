package sqs

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) attributeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.setQueueAttributes),
		fakeaws.Bind(s.getQueueAttributes),
	}
}

// The limits of the API reference, CreateQueue. Times are in seconds.
const (
	maxDelay       = 900
	minMessageSize = 1024
	maxMessageSize = 1 << 20
	minRetention   = 60
	maxRetention   = 14 * 24 * 3600
	maxWait        = 20
	maxVisibility  = 12 * 3600
	minKeyReuse    = 60
	maxKeyReuse    = 24 * 3600
)

// Settings are the attributes of a queue that its owner chooses. They are a
// value: a change is made to a copy, and takes effect as a whole or not at all.
type settings struct {
	delay, visibility, wait, retention int // seconds
	maxSize                            int // bytes
	policy                             *fakeaws.ResourcePolicy
	redrive                            redrivePolicy
	redriveAllow                       redriveAllowPolicy
	sqsEncryption                      bool
	kmsKey                             string // as it was given; "" without
	keyReuse                           int    // seconds; 0 when not set
	// of FIFO queues
	contentDedup           bool
	dedupScope, throughput string
}

func defaults() settings {
	return settings{
		visibility: 30, retention: 4 * 24 * 3600, maxSize: maxMessageSize, sqsEncryption: true,
		dedupScope: scopeQueue, throughput: throughputQueue,
	}
}

// A change is an attempt to set attributes of a queue.
type change struct {
	settings
	service *Fake
	queue   *queue
	source  enforce.Source // of the policy
	call    *fakeaws.Call
}

// An attribute is one that a queue's owner can set. A read of "" means that the
// queue does not have it.
type attribute struct {
	name  types.QueueAttributeName
	read  func(*settings) string
	write func(*change, string) error
	// fifo: only FIFO queues have it.
	fifo bool
}

// A computedAttribute is an attribute that SQS computes.
type computedAttribute struct {
	name types.QueueAttributeName
	read func(*queue) string
}

var attributes = []attribute{
	numberAttribute(types.QueueAttributeNameDelaySeconds, 0, maxDelay, func(s *settings) *int { return &s.delay }),
	numberAttribute(types.QueueAttributeNameMaximumMessageSize, minMessageSize, maxMessageSize, func(s *settings) *int { return &s.maxSize }),
	numberAttribute(types.QueueAttributeNameMessageRetentionPeriod, minRetention, maxRetention, func(s *settings) *int { return &s.retention }),
	numberAttribute(types.QueueAttributeNameReceiveMessageWaitTimeSeconds, 0, maxWait, func(s *settings) *int { return &s.wait }),
	numberAttribute(types.QueueAttributeNameVisibilityTimeout, 0, maxVisibility, func(s *settings) *int { return &s.visibility }),
	{name: types.QueueAttributeNamePolicy, read: readPolicy, write: writePolicy},
	{name: types.QueueAttributeNameRedrivePolicy, read: func(s *settings) string { return s.redrive.document }, write: writeRedrivePolicy},
	{name: types.QueueAttributeNameRedriveAllowPolicy, read: func(s *settings) string { return s.redriveAllow.document }, write: writeRedriveAllowPolicy},
	{name: types.QueueAttributeNameSqsManagedSseEnabled, read: func(s *settings) string { return strconv.FormatBool(s.sqsEncryption) }, write: writeSQSEncryption},
	{name: types.QueueAttributeNameKmsMasterKeyId, read: func(s *settings) string { return s.kmsKey }, write: writeKMSKey},
	{name: types.QueueAttributeNameKmsDataKeyReusePeriodSeconds, read: readKeyReuse, write: writeKeyReuse},
	{name: types.QueueAttributeNameFifoQueue, read: func(*settings) string { return "true" }, write: writeFIFO, fifo: true},
	{name: types.QueueAttributeNameContentBasedDeduplication, read: func(s *settings) string { return strconv.FormatBool(s.contentDedup) }, write: writeContentDedup, fifo: true},
	choiceAttribute(types.QueueAttributeNameDeduplicationScope, func(s *settings) *string { return &s.dedupScope }, scopeQueue, scopeGroup),
	choiceAttribute(types.QueueAttributeNameFifoThroughputLimit, func(s *settings) *string { return &s.throughput }, throughputQueue, throughputGroup),
}

var computedAttributes = []computedAttribute{
	{types.QueueAttributeNameQueueArn, func(q *queue) string { return q.arn }},
	{types.QueueAttributeNameCreatedTimestamp, func(q *queue) string { return epochSeconds(q.created) }},
	{types.QueueAttributeNameLastModifiedTimestamp, func(q *queue) string { return epochSeconds(q.modified) }},
	{types.QueueAttributeNameApproximateNumberOfMessages, func(q *queue) string { return strconv.Itoa(q.messages.ready.len()) }},
	{types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, func(q *queue) string { return strconv.Itoa(q.messages.inFlight) }},
	{types.QueueAttributeNameApproximateNumberOfMessagesDelayed, func(q *queue) string { return strconv.Itoa(q.messages.delayed()) }},
}

// numberAttribute is an attribute that is an integer from least to most.
func numberAttribute(name types.QueueAttributeName, least, most int, field func(*settings) *int) attribute {
	return attribute{
		name: name,
		read: func(s *settings) string { return strconv.Itoa(*field(s)) },
		write: func(c *change, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				return invalidAttributeValue(string(name))
			}
			*field(&c.settings) = n
			return nil
		},
	}
}

func readPolicy(s *settings) string { return s.policy.Document() }

// writePolicy compiles the queue's policy. An empty one removes it. SQS says
// nothing of what is wrong with one, be it only a role that does not exist.
func writePolicy(c *change, value string) error {
	if value == "" {
		c.policy = nil
		return nil
	}
	source := c.source
	source.Name = c.queue.arn
	policy, err := enforce.Parse(value, enforce.QueuePolicy, source)
	if err != nil {
		c.call.Help(err.Error())
		return refusedPolicy()
	}
	c.call.Stores(policy)
	if c.policy, err = c.service.world.Bind(policy); err != nil {
		c.call.Help(err.Error())
		return refusedPolicy()
	}
	return nil
}

// refusedPolicy is the error of what is no policy of a queue.
func refusedPolicy() error { return invalidAttributeValue(string(types.QueueAttributeNamePolicy)) }

// namesOf returns the names of attributes that are set, in order, and of those that are
// none the first: the others are not looked at.
func (q *queue) namesOf(values map[string]string) []string {
	names := make([]string, 0, len(attributes)+1)
	first, unknown := "", false
	for name := range values {
		if _, ok := q.attribute(name); ok {
			names = append(names, name)
		} else if !unknown || name < first {
			first, unknown = name, true
		}
	}
	if unknown {
		names = append(names, first)
	}
	slices.Sort(names)
	return names
}

// change returns the settings that q would have with the given attributes. It
// checks them in order of name, so that the error does not depend on chance.
// Attributes of FIFO queues are unknown to a standard queue.
func (s *Fake) change(call *fakeaws.Call, q *queue, values map[string]string) (settings, error) {
	c := change{settings: q.settings, service: s, queue: q, source: call.PolicySource, call: call}
	if err := checkEncryption(values); err != nil {
		return settings{}, err
	}
	for _, name := range q.namesOf(values) {
		a, ok := q.attribute(name)
		if !ok {
			return settings{}, q.notAnAttribute(name)
		}
		if err := a.write(&c, values[name]); err != nil {
			return settings{}, err
		}
	}
	if c.throughput == throughputGroup && c.dedupScope != scopeGroup {
		return settings{}, invalidValue(throughputGroup, string(types.QueueAttributeNameFifoThroughputLimit), textThroughput)
	}
	return c.settings, nil
}

// notAnAttribute is the error of an attribute that cannot be set. To a standard queue those
// of FIFO queues are unknown, but for those that came with high throughput.
func (q *queue) notAnAttribute(name string) error {
	switch types.QueueAttributeName(name) {
	case types.QueueAttributeNameDeduplicationScope, types.QueueAttributeNameFifoThroughputLimit:
		return &types.InvalidAttributeName{Message: aws.String("You can specify the " + name + " only when FifoQueue is set to true.")}
	}
	return invalidAttributeName(name)
}

// attribute finds an attribute that the queue's owner can set.
func (q *queue) attribute(name string) (*attribute, bool) {
	for i := range attributes {
		if a := &attributes[i]; string(a.name) == name && (q.fifo || !a.fifo) {
			return a, true
		}
	}
	return nil, false
}

// differs finds an attribute among the given ones whose value in changed is not
// that of the queue.
func (q *queue) differs(changed *settings, values map[string]string) (string, bool) {
	for _, a := range attributes {
		if _, given := values[string(a.name)]; given && a.read(changed) != a.read(&q.settings) {
			return string(a.name), true
		}
	}
	return "", false
}

// getQueueAttributes returns the attributes that the call names, or all.
func (s *Fake) getQueueAttributes(call *fakeaws.Call, in *awssqs.GetQueueAttributesInput) (*fakeaws.Plan[*awssqs.GetQueueAttributesOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:GetQueueAttributes", shareable, func(q *queue) (*awssqs.GetQueueAttributesOutput, error) {
		for _, name := range in.AttributeNames {
			if !q.knows(name) {
				return nil, invalidAttributeName(string(name))
			}
		}
		q.update(s.now())
		all := slices.Contains(in.AttributeNames, types.QueueAttributeNameAll)
		out := new(awssqs.GetQueueAttributesOutput) // without the member when there is nothing to put
		put := func(name types.QueueAttributeName, value string) {
			if value == "" {
				return
			}
			if out.Attributes == nil {
				out.Attributes = make(map[string]string)
			}
			out.Attributes[string(name)] = value
		}
		for _, a := range attributes {
			if a.fifo && !q.fifo {
				continue
			}
			if all || slices.Contains(in.AttributeNames, a.name) {
				put(a.name, a.read(&q.settings))
			}
		}
		for _, r := range computedAttributes {
			if all || slices.Contains(in.AttributeNames, r.name) {
				put(r.name, r.read(q))
			}
		}
		return out, nil
	})
}

// knows reports whether the queue has an attribute of that name to read.
func (q *queue) knows(name types.QueueAttributeName) bool {
	_, ok := q.attribute(string(name))
	return ok || name == types.QueueAttributeNameAll ||
		slices.ContainsFunc(computedAttributes, func(r computedAttribute) bool { return r.name == name })
}

// setQueueAttributes changes attributes, all of the given ones or none.
func (s *Fake) setQueueAttributes(call *fakeaws.Call, in *awssqs.SetQueueAttributesInput) (*fakeaws.Plan[*awssqs.SetQueueAttributesOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:SetQueueAttributes", ownerOnly, func(q *queue) (*awssqs.SetQueueAttributesOutput, error) {
		if len(in.Attributes) == 0 {
			return nil, missingParameter("Attributes")
		}
		changed, err := s.change(call, q, in.Attributes)
		if err != nil {
			return nil, err
		}
		q.apply(changed, s.now())
		return &awssqs.SetQueueAttributesOutput{}, nil
	})
}

// apply gives the queue new settings. The delay of a FIFO queue holds for the
// messages that it delays already, that of a standard queue only for those to come
// (API reference, SetQueueAttributes; developer guide, "Amazon SQS delay queues").
func (q *queue) apply(changed settings, now timestamp) {
	q.update(now)
	if by := time.Duration(changed.delay-q.delay) * time.Second; q.fifo && by != 0 {
		var waiting []*message
		q.messages.hidden.each(func(m *message) {
			if m.state == delayed {
				waiting = append(waiting, m)
			}
		})
		for _, m := range waiting {
			q.messages.setVisibleAt(m, m.visibleAt.add(by))
		}
	}
	q.settings, q.modified = changed, now
	q.wake()
}

// checkSeconds checks a number of seconds that a call gives, and refuses it with
// SQS's words.
func checkSeconds(value int32, parameter string, most int, reason string) error {
	if value < 0 || int(value) > most {
		return invalidValue(value, parameter, reason)
	}
	return nil
}

// secondsOr is a number of seconds that a call gives as the member of that name, or
// else the queue's. A zero that was sent counts.
func secondsOr(call *fakeaws.Call, member string, given int32, queue int) time.Duration {
	if given != 0 || queue != 0 && call.Sent(member) {
		return time.Duration(given) * time.Second
	}
	return time.Duration(queue) * time.Second
}
