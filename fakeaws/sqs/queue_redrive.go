package sqs

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) redriveOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.listDeadLetterSourceQueues),
	}
}

// maxReceives is the largest maxReceiveCount.
const maxReceives = 1000

// A redrivePolicy sends messages that were received too often to a dead-letter
// queue. Its document is empty when the queue has none.
type redrivePolicy struct {
	document string
	target   queueID
	limit    int // maxReceiveCount
}

// A redriveAllowPolicy says which queues may use this one as their dead-letter
// queue: all, none, or those listed. Its document is empty when it was not set.
type redriveAllowPolicy struct {
	document   string
	permission string
	sources    []string
}

const (
	allowAll = "allowAll"
	denyAll  = "denyAll"
	byQueue  = "byQueue"
)

// allows reports whether the queue of an ARN may use the dead-letter queue.
func (p *redriveAllowPolicy) allows(arn string) bool {
	return p.permission != denyAll && (p.permission != byQueue || slices.Contains(p.sources, arn))
}

// writeRedrivePolicy sets the dead-letter queue, which must exist in the same
// account and region. An empty document removes the policy.
func writeRedrivePolicy(c *change, document string) error {
	if document == "" {
		c.redrive = redrivePolicy{}
		return nil
	}
	refuse := func(reason string) error {
		return invalidValue(document, string(types.QueueAttributeNameRedrivePolicy), reason)
	}
	var fields map[string]any
	if err := unmarshal(document, &fields); err != nil || fields == nil {
		return refuse("Redrive policy is not a valid JSON map.")
	}
	for _, name := range []string{"maxReceiveCount", "deadLetterTargetArn"} {
		if _, ok := fields[name]; !ok {
			return refuse("Redrive policy does not contain mandatory attribute: " + name + ".")
		}
	}
	if len(fields) > 2 {
		return refuse("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
	}
	// SQS takes the count as a number and as a string.
	count := fmt.Sprint(fields["maxReceiveCount"])
	limit, err := strconv.Atoi(count)
	if err != nil || limit < 1 || limit > maxReceives {
		return refuse(fmt.Sprintf("Invalid value for maxReceiveCount: %s, valid values are from 1 to %d both inclusive.", count, maxReceives))
	}
	arn, _ := fields["deadLetterTargetArn"].(string)
	target, ok := parseARN(arn)
	if !ok || target.account != c.queue.id.account || target.region != c.queue.id.region {
		return refuse("Dead letter target does not exist.")
	}
	dead, ok := c.service.queues[target]
	switch {
	case !ok:
		return refuse("Dead letter target does not exist.")
	case dead.fifo != c.queue.fifo:
		return refuse(textDeadType)
	case !dead.redriveAllow.allows(c.queue.arn):
		return refuse(textRedriveNotAllowed)
	}
	c.redrive = redrivePolicy{document: document, target: target, limit: limit}
	return nil
}

// writeRedriveAllowPolicy sets which queues may use this one as their
// dead-letter queue. An empty document removes the policy.
func writeRedriveAllowPolicy(c *change, document string) error {
	if document == "" {
		c.redriveAllow = redriveAllowPolicy{}
		return nil
	}
	const name = string(types.QueueAttributeNameRedriveAllowPolicy)
	var fields struct {
		Permission string   `json:"redrivePermission"`
		Sources    []string `json:"sourceQueueArns"`
	}
	if err := unmarshal(document, &fields); err != nil {
		return invalidAttributeValue(name)
	}
	if !slices.Contains([]string{allowAll, denyAll, byQueue}, fields.Permission) || len(fields.Sources) > 10 {
		return invalidAttributeValue(name)
	}
	if fields.Permission != byQueue && fields.Sources != nil {
		return invalidValue(document, name, "Amazon SQS can't create the redrive allow policy. To specify one or more source queue ARNs, you must set redrivePermission to byQueue.")
	}
	if fields.Permission == byQueue && len(fields.Sources) == 0 {
		return invalidValue(document, name, "Amazon SQS can't create the redrive allow policy. When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.")
	}
	c.redriveAllow = redriveAllowPolicy{document: document, permission: fields.Permission, sources: fields.Sources}
	return nil
}

// maxRedriveDocument bounds the documents of redrive policies, which are read under the
// lock of the service. AWS publishes no limit: this one is unverified.
const maxRedriveDocument = 64 << 10

// unmarshal reads a JSON document, with numbers as they are written.
func unmarshal(document string, v any) error {
	if len(document) > maxRedriveDocument || !json.Valid([]byte(document)) {
		return errors.New("not one JSON value")
	}
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	return d.Decode(v)
}

// deadLetter moves a message that was received too often to the dead-letter
// queue, and reports whether it did. A queue whose dead-letter queue was deleted
// keeps its messages. The message keeps its id and, in standard queues, the time
// when it was sent: "the expiration of a message is always based on its original
// enqueue timestamp"; for FIFO queues "the enqueue timestamp resets", and the id of
// the message takes the place of its deduplication id (developer guide, "Using
// dead-letter queues in Amazon SQS"). It keeps its receive count. That it arrives
// with the delay of the dead-letter queue is unverified.
func (s *Fake) deadLetter(q *queue, m *message, now timestamp) bool {
	if q.redrive.document == "" || int(m.receives) < q.redrive.limit {
		return false
	}
	dead, ok := s.queues[q.redrive.target]
	if !ok || dead == q {
		return false
	}
	group := m.groupID()
	q.messages.remove(m)
	m.group = nil
	m.writeExtras().deadFrom = q.arn
	if q.fifo {
		m.sent, m.dedupID = now, m.id.String()
	}
	dead.update(now)
	dead.enqueue(m, group, dead.delay, now)
	return true
}

// listDeadLetterSourceQueues lists the queues whose dead-letter queue this is.
func (s *Fake) listDeadLetterSourceQueues(call *fakeaws.Call, in *awssqs.ListDeadLetterSourceQueuesInput) (*fakeaws.Plan[*awssqs.ListDeadLetterSourceQueuesOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:ListDeadLetterSourceQueues", shareable, func(dead *queue) (*awssqs.ListDeadLetterSourceQueuesOutput, error) {
		p, err := listed(call, s.sourcesOf(dead), in.MaxResults, in.NextToken)
		if err != nil {
			return nil, err
		}
		return &awssqs.ListDeadLetterSourceQueuesOutput{QueueUrls: p.Items, NextToken: p.Next}, nil
	})
}

// sourcesOf returns the queues whose dead-letter queue this is.
func (s *Fake) sourcesOf(dead *queue) iter.Seq[queueID] {
	return s.every(func(q *queue) bool { return q.redrive.document != "" && q.redrive.target == dead.id })
}

// hasSources reports whether a queue is the dead-letter queue of any.
func (s *Fake) hasSources(dead *queue) bool {
	for range s.sourcesOf(dead) {
		return true
	}
	return false
}
