package sns

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) attributeOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.getTopicAttributes),
		signed(s.setTopicAttributes),
	}
}

// Names of attributes of topics.
const (
	attrPolicy       = "Policy"
	attrDisplayName  = "DisplayName"
	attrDelivery     = "DeliveryPolicy"
	attrKey          = "KmsMasterKeyId"
	attrSignature    = "SignatureVersion"
	attrTracing      = "TracingConfig"
	attrMaxSize      = "MaximumMessageSize"
	attrFIFO         = "FifoTopic"
	attrContentDedup = "ContentBasedDeduplication"
	attrThroughput   = "FifoThroughputScope"
	attrArchive      = "ArchivePolicy"
)

// The limits of attributes (API reference, CreateTopic). How long a delivery policy may be
// is unverified.
const (
	minMessageSize     = 1024
	maxMessageSize     = 1 << 20
	defaultMessageSize = 256 << 10
	maxDisplayName     = 100
	maxArchiveDays     = 365
	maxDeliveryPolicy  = 30720
	throughputGroup    = "MessageGroup"
)

// An attribute is one of topics that their owner sets. check says whether a value is
// valid. An attribute of FIFO topics is unknown to others.
type attribute struct {
	check func(value string) bool
	fifo  bool
	// once says that only CreateTopic takes it.
	once bool
	// standard says that only standard topics have it.
	standard bool
}

// attributes are those of topics but for the policy, by name.
var attributes = func() map[string]attribute {
	m := map[string]attribute{
		attrDisplayName:  {check: func(v string) bool { return len(v) <= maxDisplayName && !strings.ContainsFunc(v, isControl) }},
		attrDelivery:     {check: func(v string) bool { return v == "" || len(v) <= maxDeliveryPolicy && isObject(v) }},
		attrKey:          {check: func(v string) bool { return len(v) <= 2048 }},
		attrSignature:    {check: func(v string) bool { return v == "1" || v == "2" }},
		attrTracing:      {check: func(v string) bool { return v == "PassThrough" || v == "Active" }, standard: true},
		attrMaxSize:      {check: between(minMessageSize, maxMessageSize)},
		attrFIFO:         {check: isBool, once: true},
		attrContentDedup: {check: isBool, fifo: true},
		attrThroughput:   {check: func(v string) bool { return v == "Topic" || v == throughputGroup }, fifo: true},
		attrArchive:      {check: isArchivePolicy, fifo: true},
	}
	for _, protocol := range []string{"HTTP", "Firehose", "Lambda", "Application", "SQS"} {
		m[protocol+"SuccessFeedbackRoleArn"] = attribute{check: isRoleOrNone}
		m[protocol+"FailureFeedbackRoleArn"] = attribute{check: isRoleOrNone}
		m[protocol+"SuccessFeedbackSampleRate"] = attribute{check: between(0, 100)}
	}
	return m
}()

func between(least, most int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= least && n <= most
	}
}

func isTrue(v string) bool { return strings.EqualFold(v, "true") }

func isBool(v string) bool { return isTrue(v) || strings.EqualFold(v, "false") }

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isObject(text string) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &m) == nil && m != nil
}

func isRoleOrNone(v string) bool { return v == "" || isRole(v) }

func isRole(v string) bool {
	return len(v) <= 2048 && strings.HasPrefix(v, "arn:aws:iam::") && strings.Contains(v, ":role/")
}

// isArchivePolicy takes {"MessageRetentionPeriod": 30}, and {} to end the archive.
func isArchivePolicy(text string) bool {
	if text == "" || text == "{}" {
		return true
	}
	var policy struct {
		Days json.Number `json:"MessageRetentionPeriod"`
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return false
	}
	return between(1, maxArchiveDays)(policy.Days.String())
}

// begin gives a new topic the settings that it has without being asked.
func (t *topic) begin(w *fakeaws.World) error {
	policy, err := t.defaultPolicy(w)
	t.policy, t.values = policy, map[string]string{}
	if t.fifo {
		t.values[attrFIFO], t.values[attrContentDedup], t.values[attrThroughput] = "true", "false", "Topic"
	}
	return err
}

// change returns the settings that a topic would have with the given attributes. It checks
// them in order of name, so that the error does not depend on chance. Creation has words of
// its own for what is no attribute.
func (s *Fake) change(call *fakeaws.Call, t *topic, given map[string]string, creating bool) (settings, error) {
	changed := settings{t.policy, maps.Clone(t.values)}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given[name]
		if name == attrPolicy {
			policy, err := s.readPolicy(call, t, value)
			if err != nil {
				return settings{}, err
			}
			changed.policy = policy
			continue
		}
		a, ok := attributes[name]
		switch {
		case !ok || a.fifo && !t.fifo || a.standard && t.fifo || a.once && !creating:
			if creating {
				return settings{}, invalidParameter(textAttributeUnknown + name[:min(len(name), maxNameSize)])
			}
			return settings{}, invalidParameter("AttributeName")
		case !a.check(value):
			return settings{}, invalidParameter("Attributes Reason: Invalid value for attribute: " + name)
		case name == attrFIFO && !t.fifo: // "false", of which a standard topic has nothing
		case value == "" || name == attrArchive && value == "{}":
			delete(changed.values, name)
		default:
			changed.values[name] = normal(name, value)
		}
	}
	return changed, nil
}

// normal is how a value is read again: true and false are taken in whatever case.
func normal(name, value string) string {
	switch name {
	case attrFIFO, attrContentDedup:
		return strings.ToLower(value)
	}
	return value
}

// maxSize is the most bytes of a message.
func (t *topic) maxSize() int {
	if n, err := strconv.Atoi(t.values[attrMaxSize]); err == nil {
		return n
	}
	return defaultMessageSize
}

// effectiveDelivery is the delivery policy of a topic that was given none (developer guide,
// "Amazon SNS message delivery retries").
const effectiveDelivery = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,` +
	`"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},` +
	`"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`

// getTopicAttributes returns all attributes of a topic.
func (s *Fake) getTopicAttributes(call *fakeaws.Call, in *awssns.GetTopicAttributesInput) (*fakeaws.Plan[*awssns.GetTopicAttributesOutput], error) {
	return onTopic(s, call, "TopicArn", in.TopicArn, "sns:GetTopicAttributes", shareable, func(t *topic) (*awssns.GetTopicAttributesOutput, error) {
		s.forgetPending(t)
		all := maps.Clone(t.values)
		confirmed, pending := t.counts()
		all["TopicArn"], all["Owner"], all[attrPolicy] = t.arn, t.id.account, t.policy.Document()
		all["SubscriptionsConfirmed"], all["SubscriptionsPending"] = strconv.Itoa(confirmed), strconv.Itoa(pending)
		all["SubscriptionsDeleted"], all[attrDisplayName] = strconv.Itoa(t.ended), t.values[attrDisplayName]
		all["EffectiveDeliveryPolicy"] = effectiveDelivery
		if own := t.values[attrDelivery]; own != "" {
			all["EffectiveDeliveryPolicy"] = own // merged with the defaults by SNS: unverified
		}
		return &awssns.GetTopicAttributesOutput{Attributes: all}, nil
	})
}

// setTopicAttributes changes one attribute.
func (s *Fake) setTopicAttributes(call *fakeaws.Call, in *awssns.SetTopicAttributesInput) (*fakeaws.Plan[*awssns.SetTopicAttributesOutput], error) {
	if in.AttributeName == nil {
		return nil, required("AttributeName")
	}
	return onTopic(s, call, "TopicArn", in.TopicArn, "sns:SetTopicAttributes", shareable, func(t *topic) (*awssns.SetTopicAttributesOutput, error) {
		changed, err := s.change(call, t, map[string]string{*in.AttributeName: aws.ToString(in.AttributeValue)}, false)
		if err != nil {
			return nil, err
		}
		t.settings = changed
		return &awssns.SetTopicAttributesOutput{}, nil
	})
}
