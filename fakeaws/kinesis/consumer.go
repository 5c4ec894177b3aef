package kinesis

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) consumerOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.registerConsumer),
		fakeaws.Bind(s.deregisterConsumer),
		fakeaws.Bind(s.describeConsumer),
		fakeaws.Bind(s.listConsumers),
		fakeaws.Bind(s.subscribe),
	}
}

// A consumer is a registered consumer of a stream, with enhanced fan-out.
type consumer struct {
	stream  *stream
	name    string
	created time.Time
	tags    map[string]string
	policy  *fakeaws.ResourcePolicy
	gone    bool
	// subscribed is when each shard was last subscribed to, and by which call.
	subscribed map[int]subscribed
}

// subscribed is a subscription to a shard.
type subscribed struct {
	at     time.Time
	number uint64
}

func (c *consumer) arn() string { return consumerID{c.stream.id, c.name, c.created.Unix()}.arn() }

func (c *consumer) need(action string) fakeaws.Need {
	return resourceNeed(action, c.arn(), c.stream.id.account, c.policy, c.tags)
}

// A consumerID names a consumer. Its ARN ends with the second in which it was registered.
type consumerID struct {
	stream  streamID
	name    string
	created int64
}

func (id consumerID) arn() string {
	return id.stream.arn() + "/consumer/" + id.name + ":" + strconv.FormatInt(id.created, 10)
}

func parseConsumerARN(text string) (consumerID, bool) {
	stem, last, ok := strings.Cut(text, "/consumer/")
	name, number, ok2 := strings.Cut(last, ":")
	stream, ok3 := parseStreamARN(stem)
	created, err := strconv.ParseInt(number, 10, 64)
	if !ok || !ok2 || !ok3 || err != nil || !isName(name) {
		return consumerID{}, false
	}
	id := consumerID{stream, name, created}
	return id, id.arn() == text
}

// maxConsumers is how many consumers a stream has ("Quotas and limits"); one with the
// On-demand Advantage mode has more.
const (
	maxConsumers          = 20
	maxConsumersAdvantage = 50
)

// registerConsumer registers a consumer of a stream. AWS's is CREATING for some seconds.
func (s *Fake) registerConsumer(call *fakeaws.Call, in *awskinesis.RegisterStreamConsumerInput) (*fakeaws.Plan[*awskinesis.RegisterStreamConsumerOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	x, plan, err := planOnStream(s, call, in, ref{nil, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.RegisterStreamConsumerOutput, error) {
		most := maxConsumers
		if x.mode == types.StreamModeOnDemand && !s.committed[place{x.id.account, x.id.region}].IsZero() {
			most = maxConsumersAdvantage
		}
		switch {
		case x.consumers[*in.ConsumerName] != nil:
			return nil, inUse(textConsumerExists, *in.ConsumerName, x.id.arn())
		case len(x.consumers) >= most:
			return nil, limitExceeded(textManyConsumers, x.id.name, x.id.account, most)
		}
		c := &consumer{stream: x, name: *in.ConsumerName, created: s.now(), tags: maps.Clone(in.Tags)}
		if x.consumers == nil {
			x.consumers = make(map[string]*consumer)
		}
		x.consumers[c.name] = c
		call.Finished()
		shown := c.show()
		// The answer is that of the moment of the request.
		shown.ConsumerStatus = types.ConsumerStatusCreating
		return &awskinesis.RegisterStreamConsumerOutput{Consumer: &shown}, nil
	})
	if err != nil {
		return nil, err
	}
	requestTags(in.Tags)(&plan.Needs[0].Context)
	if len(in.Tags) > 0 && x != nil {
		// "you must also have the kinesis:TagResource permission for the consumer that will be
		// registered"
		tag := resourceNeed("kinesis:TagResource", consumerID{x.id, *in.ConsumerName, s.now().Unix()}.arn(), x.id.account, nil, nil)
		requestTags(in.Tags)(&tag.Context)
		plan.Needs = append(plan.Needs, tag)
	}
	return plan, nil
}

func (c *consumer) show() types.Consumer {
	return types.Consumer{
		ConsumerName: aws.String(c.name), ConsumerARN: aws.String(c.arn()),
		ConsumerCreationTimestamp: timePointer(c.created), ConsumerStatus: types.ConsumerStatusActive,
	}
}

// A consumerRef is how a call names a consumer.
type consumerRef struct{ arn, streamARN, name, id *string }

// onConsumer plans an operation on one consumer.
func onConsumer[O any](s *Fake, call *fakeaws.Call, in any, r consumerRef, do func(*consumer) (O, error)) (*consumer, *fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, nil, err
	}
	id, err := referConsumer(call, r)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, need := s.consumerNeed(id, "kinesis:"+call.Operation)
	return c, &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if c == nil || c.gone || c.stream.gone {
			return none, notFound(textNoConsumer, id.name, id.stream.arn())
		}
		c.stream.expire(s.now())
		return do(c)
	}}, nil
}

// referConsumer reads how a call names a consumer: by its ARN, or by its stream and its name.
func referConsumer(call *fakeaws.Call, r consumerRef) (id consumerID, err error) {
	switch {
	case r.id != nil:
		return id, notImplemented("StreamId, which AWS reserves for future use,")
	case r.arn != nil:
		id, ok := parseConsumerARN(*r.arn)
		if !ok || id.stream.region != call.Region {
			return id, invalidArgument(textConsumerARN, *r.arn)
		}
		return id, nil
	case r.streamARN == nil || r.name == nil:
		return id, invalidArgument(textConsumerNames)
	}
	id.name = *r.name
	id.stream, err = refer(call, ref{arn: r.streamARN})
	return id, err
}

// consumerNeed finds a consumer, by its name where the second of its registration is zero,
// and one permission on it. The lock is held.
func (s *Fake) consumerNeed(id consumerID, action string) (*consumer, fakeaws.Need) {
	if x := s.find(id.stream); x != nil {
		if c := x.consumers[id.name]; c != nil && (id.created == 0 || id.created == c.created.Unix()) {
			return c, c.need(action)
		}
	}
	return nil, fakeaws.Need{
		Action: action, Resource: id.arn(), ResourceAccount: id.stream.account, Policy: noPolicy, Note: "there is no consumer " + id.arn(),
	}
}

func (s *Fake) deregisterConsumer(call *fakeaws.Call, in *awskinesis.DeregisterStreamConsumerInput) (*fakeaws.Plan[*awskinesis.DeregisterStreamConsumerOutput], error) {
	_, plan, err := onConsumer(s, call, in, consumerRef{in.ConsumerARN, in.StreamARN, in.ConsumerName, in.StreamId}, func(c *consumer) (*awskinesis.DeregisterStreamConsumerOutput, error) {
		c.gone = true
		delete(c.stream.consumers, c.name)
		c.stream.subscribers.wake()
		call.Finished()
		return new(awskinesis.DeregisterStreamConsumerOutput), nil
	})
	return plan, err
}

func (s *Fake) describeConsumer(call *fakeaws.Call, in *awskinesis.DescribeStreamConsumerInput) (*fakeaws.Plan[*awskinesis.DescribeStreamConsumerOutput], error) {
	_, plan, err := onConsumer(s, call, in, consumerRef{in.ConsumerARN, in.StreamARN, in.ConsumerName, in.StreamId}, func(c *consumer) (*awskinesis.DescribeStreamConsumerOutput, error) {
		shown := c.show()
		return &awskinesis.DescribeStreamConsumerOutput{ConsumerDescription: &types.ConsumerDescription{
			ConsumerARN: shown.ConsumerARN, ConsumerName: shown.ConsumerName, ConsumerCreationTimestamp: shown.ConsumerCreationTimestamp,
			ConsumerStatus: shown.ConsumerStatus, StreamARN: aws.String(c.stream.id.arn()),
		}}, nil
	})
	return plan, err
}

func (s *Fake) listConsumers(call *fakeaws.Call, in *awskinesis.ListStreamConsumersInput) (*fakeaws.Plan[*awskinesis.ListStreamConsumersOutput], error) {
	var after string
	if in.NextToken != nil {
		t, err := s.readToken(*in.NextToken)
		if err != nil {
			return nil, err
		}
		after = t.After
	}
	return onStream(s, call, in, ref{nil, in.StreamARN, in.StreamId}, func(x *stream) (*awskinesis.ListStreamConsumersOutput, error) {
		if in.StreamCreationTimestamp != nil && in.StreamCreationTimestamp.UnixMilli() != x.created.UnixMilli() {
			return nil, x.id.notFound()
		}
		limit, out := page.Size(in.MaxResults, defaultConsumers), &awskinesis.ListStreamConsumersOutput{Consumers: []types.Consumer{}}
		for _, c := range x.consumersInOrder() {
			if c.name <= after {
				continue
			}
			if len(out.Consumers) == limit {
				next := listToken{Account: x.id.account, Name: x.id.name, After: *out.Consumers[limit-1].ConsumerName, Issued: s.now().UnixMilli()}
				out.NextToken = next.text()
				break
			}
			out.Consumers = append(out.Consumers, c.show())
		}
		return out, nil
	})
}

func (x *stream) consumersInOrder() []*consumer {
	all := make([]*consumer, 0, len(x.consumers))
	for _, c := range x.consumers {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *consumer) int { return strings.Compare(a.name, b.name) })
	return all
}

// requestTags are the keys of the tags that a call sends.
func requestTags(tags map[string]string) contextKey {
	return func(c *enforce.Context) {
		keys := sortedKeys(tags)
		fakeaws.SetRequestTags(c, keys, func(key string) (string, string) { return key, tags[key] })
	}
}
