package sns

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sns/internal/filter"
)

// Names of attributes of subscriptions.
const (
	attrFilter       = "FilterPolicy"
	attrFilterScope  = "FilterPolicyScope"
	attrRaw          = "RawMessageDelivery"
	attrRedrive      = "RedrivePolicy"
	attrFirehoseRole = "SubscriptionRoleArn"
	attrReplay       = "ReplayPolicy"
)

// changeSubscription returns the settings that a subscription would have with the given
// attributes, which are checked in order of name.
func changeSubscription(sub *subscription, given map[string]string) (subscriptionSettings, error) {
	changed := sub.subscriptionSettings
	if changed.values = maps.Clone(changed.values); changed.values == nil {
		changed.values = make(map[string]string, len(given))
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given[name]
		if err := changed.set(sub, name, value); err != nil {
			return changed, err
		}
		if value == "" || name == attrFilter && value == "{}" {
			delete(changed.values, name)
		} else {
			changed.values[name] = value
		}
	}
	if err := changed.compile(); err != nil {
		return changed, err
	}
	if sub.protocol == protocolFirehose && !isRole(changed.values[attrFirehoseRole]) {
		return changed, invalidParameter(textFirehoseRole)
	}
	return changed, nil
}

// set checks one attribute.
func (c *subscriptionSettings) set(sub *subscription, name, value string) (err error) {
	valid := true
	switch name {
	case attrFilter: // is read with the scope
	case attrFilterScope:
		valid = value == string(filter.Attributes) || value == string(filter.Body)
	case attrRaw:
		valid = isBool(value)
		c.raw = isTrue(value)
		if c.raw && !slices.Contains([]string{protocolSQS, protocolHTTP, protocolHTTPS, protocolFirehose}, sub.protocol) {
			return invalidParameter("Delivery protocol [" + sub.protocol + "] does not support raw message delivery.")
		}
	case attrRedrive:
		c.redrive, err = deadLetterOf(sub, value)
		return err
	case attrDelivery:
		valid = value == "" || len(value) <= maxDeliveryPolicy && isObject(value)
	case attrFirehoseRole:
		valid = sub.protocol == protocolFirehose && isRole(value)
	case attrReplay:
		valid = sub.topic.fifo && (value == "" || len(value) <= maxDeliveryPolicy && isObject(value))
	default:
		return invalidParameter("AttributeName")
	}
	if !valid {
		return invalidParameter(name + ": Invalid value [" + value[:min(len(value), maxNameSize)] + "]")
	}
	return nil
}

// compile reads the filter policy in its scope.
func (c *subscriptionSettings) compile() (err error) {
	c.scope = filter.Attributes
	if scope := c.values[attrFilterScope]; scope != "" {
		c.scope = filter.Scope(scope)
	}
	c.filter = nil
	if document := c.values[attrFilter]; document != "" {
		if c.filter, err = filter.Parse(document, c.scope); err == filter.ErrNested {
			return invalidParameter(err.Error())
		} else if err != nil {
			return invalidParameter("FilterPolicy: " + err.Error())
		}
	}
	return nil
}

// deadLetterOf reads a redrive policy: {"deadLetterTargetArn": "arn:aws:sqs:…"}. The queue
// must be in the account and the region of the subscription, and a FIFO queue for a FIFO
// topic (developer guide, "Amazon SNS dead-letter queues"). It need not exist.
func deadLetterOf(sub *subscription, document string) (string, error) {
	if document == "" {
		return "", nil
	}
	var fields struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(document), &fields); err != nil || len(document) > maxDeliveryPolicy {
		return "", invalidParameter("RedrivePolicy: failed to parse JSON.")
	}
	a, err := awsarn.Parse(fields.Target)
	switch {
	case err != nil || !isEndpointARN(fields.Target, "sqs", ""):
		return "", invalidParameter("RedrivePolicy: deadLetterTargetArn is an invalid arn")
	case a.AccountID != sub.owner || a.Region != sub.topic.id.region:
		return "", invalidParameter("RedrivePolicy: deadLetterTargetArn must be in the same account and Region as the subscription")
	case strings.HasSuffix(a.Resource, fifoSuffix) && !sub.topic.fifo:
		return "", invalidParameter("RedrivePolicy: must use a standard SQS queue as DLQ for a subscription to a standard topic")
	case sub.topic.fifo && !strings.HasSuffix(a.Resource, fifoSuffix):
		return "", invalidParameter("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic")
	}
	return fields.Target, nil
}

// checkFilters refuses one more filter policy than a topic can have. The lock is held.
func (s *Fake) checkFilters(sub *subscription, changed *subscriptionSettings) error {
	if changed.filter == nil || sub.filter != nil {
		return nil
	}
	n := 0
	for _, other := range sub.topic.subs {
		if other.filter != nil {
			n++
		}
	}
	if n >= maxFilters {
		return &types.FilterPolicyLimitExceededException{Message: aws.String("Filter policy limit exceeded")} // text unverified
	}
	return nil
}

// getSubscriptionAttributes returns all attributes of a subscription.
func (s *Fake) getSubscriptionAttributes(call *fakeaws.Call, in *awssns.GetSubscriptionAttributesInput) (*fakeaws.Plan[*awssns.GetSubscriptionAttributesOutput], error) {
	return onSubscription(s, call, in.SubscriptionArn, "sns:GetSubscriptionAttributes", func(sub *subscription) (*awssns.GetSubscriptionAttributesOutput, error) {
		all := maps.Clone(sub.values)
		all["SubscriptionArn"], all["TopicArn"], all["Owner"] = sub.arn, sub.topic.arn, sub.owner
		all["Protocol"], all["Endpoint"] = sub.protocol, sub.endpoint
		all["PendingConfirmation"] = strconv.FormatBool(sub.pending)
		all["ConfirmationWasAuthenticated"] = strconv.FormatBool(sub.authenticated)
		all[attrRaw] = strconv.FormatBool(sub.raw)
		all["SubscriptionPrincipal"] = fakeaws.ARN("iam", "", sub.owner, "root") // the user's ARN on AWS: unverified
		if sub.filter != nil {
			all[attrFilterScope] = string(sub.scope)
		}
		if sub.protocol == protocolHTTP || sub.protocol == protocolHTTPS {
			all["EffectiveDeliveryPolicy"] = effectiveDelivery
		}
		return &awssns.GetSubscriptionAttributesOutput{Attributes: all}, nil
	})
}

// setSubscriptionAttributes changes one attribute.
func (s *Fake) setSubscriptionAttributes(call *fakeaws.Call, in *awssns.SetSubscriptionAttributesInput) (*fakeaws.Plan[*awssns.SetSubscriptionAttributesOutput], error) {
	if in.AttributeName == nil {
		return nil, required("AttributeName")
	}
	return onSubscription(s, call, in.SubscriptionArn, "sns:SetSubscriptionAttributes", func(sub *subscription) (*awssns.SetSubscriptionAttributesOutput, error) {
		changed, err := changeSubscription(sub, map[string]string{*in.AttributeName: aws.ToString(in.AttributeValue)})
		if err != nil {
			return nil, err
		}
		if err := s.checkFilters(sub, &changed); err != nil {
			return nil, err
		}
		sub.subscriptionSettings = changed
		return &awssns.SetSubscriptionAttributesOutput{}, nil
	})
}
