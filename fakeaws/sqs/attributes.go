package sqs

import (
	"context"
	"slices"
	"strconv"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

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
	keyReuse                           int // seconds; 0 when not set
}

func defaults() settings {
	return settings{visibility: 30, retention: 4 * 24 * 3600, maxSize: maxMessageSize, sqsEncryption: true}
}

// A change is an attempt to set attributes of a queue.
type change struct {
	settings
	service *Service
	queue   *queue
}

// An attribute is one that a queue's owner can set. A read of "" means that the
// queue does not have it.
type attribute struct {
	name  types.QueueAttributeName
	read  func(*settings) string
	write func(*change, string) error
}

// A reading is an attribute that SQS computes.
type reading struct {
	name types.QueueAttributeName
	read func(*queue) string
}

var attributes = []attribute{
	number(types.QueueAttributeNameDelaySeconds, 0, maxDelay, func(s *settings) *int { return &s.delay }),
	number(types.QueueAttributeNameMaximumMessageSize, minMessageSize, maxMessageSize, func(s *settings) *int { return &s.maxSize }),
	number(types.QueueAttributeNameMessageRetentionPeriod, minRetention, maxRetention, func(s *settings) *int { return &s.retention }),
	number(types.QueueAttributeNameReceiveMessageWaitTimeSeconds, 0, maxWait, func(s *settings) *int { return &s.wait }),
	number(types.QueueAttributeNameVisibilityTimeout, 0, maxVisibility, func(s *settings) *int { return &s.visibility }),
	{types.QueueAttributeNamePolicy, readPolicy, writePolicy},
	{types.QueueAttributeNameRedrivePolicy, func(s *settings) string { return s.redrive.document }, writeRedrivePolicy},
	{types.QueueAttributeNameRedriveAllowPolicy, func(s *settings) string { return s.redriveAllow.document }, writeRedriveAllowPolicy},
	{types.QueueAttributeNameSqsManagedSseEnabled, func(s *settings) string { return strconv.FormatBool(s.sqsEncryption) }, writeSQSEncryption},
	{types.QueueAttributeNameKmsMasterKeyId, func(*settings) string { return "" }, writeKMSKey},
	{types.QueueAttributeNameKmsDataKeyReusePeriodSeconds, readKeyReuse, writeKeyReuse},
}

var readings = []reading{
	{types.QueueAttributeNameQueueArn, func(q *queue) string { return q.arn }},
	{types.QueueAttributeNameCreatedTimestamp, func(q *queue) string { return epochSeconds(q.created) }},
	{types.QueueAttributeNameLastModifiedTimestamp, func(q *queue) string { return epochSeconds(q.modified) }},
	{types.QueueAttributeNameApproximateNumberOfMessages, func(q *queue) string { return strconv.Itoa(q.messages.ready.Len()) }},
	{types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, func(q *queue) string { return strconv.Itoa(q.messages.inFlight) }},
	{types.QueueAttributeNameApproximateNumberOfMessagesDelayed, func(q *queue) string { return strconv.Itoa(q.messages.delayed()) }},
}

// number is an attribute that is an integer from least to most.
func number(name types.QueueAttributeName, least, most int, field func(*settings) *int) attribute {
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
	refused := invalidAttributeValue(string(types.QueueAttributeNamePolicy))
	policy, err := enforce.Parse(value, enforce.QueuePolicy, enforce.Source{Name: c.queue.arn})
	if err != nil {
		return refused
	}
	if c.policy, err = c.service.world.Bind(policy); err != nil {
		return refused
	}
	return nil
}

func writeSQSEncryption(c *change, value string) error {
	if value != "true" && value != "false" {
		return invalidAttributeValue(string(types.QueueAttributeNameSqsManagedSseEnabled))
	}
	c.sqsEncryption = value == "true"
	return nil
}

// writeKMSKey refuses a KMS key by name: with one, every send and receive would
// take permissions on the key, and to ignore it would allow what AWS denies.
func writeKMSKey(_ *change, value string) error {
	if value != "" {
		return unsupported("Encryption with a KMS key is not available: the attribute KmsMasterKeyId is not implemented.")
	}
	return nil
}

func readKeyReuse(s *settings) string {
	if s.keyReuse == 0 {
		return ""
	}
	return strconv.Itoa(s.keyReuse)
}

func writeKeyReuse(c *change, value string) error {
	return number(types.QueueAttributeNameKmsDataKeyReusePeriodSeconds, minKeyReuse, maxKeyReuse,
		func(s *settings) *int { return &s.keyReuse }).write(c, value)
}

// change returns the settings that q would have with the given attributes. It
// checks them in order of name, so that the error does not depend on chance.
// Attributes of FIFO queues are unknown to a standard queue.
func (s *Service) change(q *queue, values map[string]string) (settings, error) {
	c := change{settings: q.settings, service: s, queue: q}
	for _, name := range sorted(values) {
		i := slices.IndexFunc(attributes, func(a attribute) bool { return string(a.name) == name })
		if i < 0 {
			return settings{}, invalidAttributeName(name)
		}
		if err := attributes[i].write(&c, values[name]); err != nil {
			return settings{}, err
		}
	}
	return c.settings, nil
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

// GetQueueAttributes returns the attributes that the call names, or all.
func (s *Service) GetQueueAttributes(ctx context.Context, in *awssqs.GetQueueAttributesInput) (*awssqs.GetQueueAttributesOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	for _, name := range in.AttributeNames {
		if !isAttribute(name) {
			return nil, invalidAttributeName(string(name))
		}
	}
	if len(in.AttributeNames) == 0 {
		return &awssqs.GetQueueAttributesOutput{}, nil
	}
	q.settle(s.now())
	all := slices.Contains(in.AttributeNames, types.QueueAttributeNameAll)
	out := &awssqs.GetQueueAttributesOutput{Attributes: make(map[string]string)}
	put := func(name types.QueueAttributeName, value string) {
		if value != "" {
			out.Attributes[string(name)] = value
		}
	}
	for _, a := range attributes {
		if all || slices.Contains(in.AttributeNames, a.name) {
			put(a.name, a.read(&q.settings))
		}
	}
	for _, r := range readings {
		if all || slices.Contains(in.AttributeNames, r.name) {
			put(r.name, r.read(q))
		}
	}
	return out, nil
}

func isAttribute(name types.QueueAttributeName) bool {
	return name == types.QueueAttributeNameAll ||
		slices.ContainsFunc(attributes, func(a attribute) bool { return a.name == name }) ||
		slices.ContainsFunc(readings, func(r reading) bool { return r.name == name })
}

// SetQueueAttributes changes attributes, all of the given ones or none.
func (s *Service) SetQueueAttributes(ctx context.Context, in *awssqs.SetQueueAttributesInput) (*awssqs.SetQueueAttributesOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if len(in.Attributes) == 0 {
		return nil, missingParameter("Attributes")
	}
	changed, err := s.change(q, in.Attributes)
	if err != nil {
		return nil, err
	}
	q.settings, q.modified = changed, s.now()
	return &awssqs.SetQueueAttributesOutput{}, nil
}

// seconds checks a number of seconds that a call gives, and refuses it with
// SQS's words.
func seconds(value int32, parameter string, most int, reason string) error {
	if value < 0 || int(value) > most {
		return invalidValue(value, parameter, reason)
	}
	return nil
}

// span is a number of seconds that a call gives as the member of that name, or
// else the queue's. A zero that was sent counts.
func span(call *fakeaws.Call, member string, given int32, queue int) time.Duration {
	if given != 0 || queue != 0 && call.Sent(member) {
		return time.Duration(given) * time.Second
	}
	return time.Duration(queue) * time.Second
}
