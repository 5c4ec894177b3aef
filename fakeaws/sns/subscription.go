package sns

import (
	"net/mail"
	"net/url"
	"strings"
	"time"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws/sns/internal/filter"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A subscription is one endpoint of a topic.
type subscription struct {
	arn      string
	topic    *topic
	owner    string // the account that subscribed
	protocol string
	endpoint string
	created  time.Time
	// pending says that the endpoint has not confirmed, token what it confirms with.
	pending bool
	token   string
	deleted bool
	// authenticated says that the confirmation was signed, locked that only a signed call
	// of an owner ends the subscription.
	authenticated, locked bool
	subscriptionSettings
}

// subscriptionSettings are the attributes of a subscription that its owner chooses, each as
// it was given. They are a value.
type subscriptionSettings struct {
	values  map[string]string
	filter  *filter.Policy // nil passes all
	scope   filter.Scope
	raw     bool
	redrive string // the ARN of the dead-letter queue; "" without
}

// pendingTime is how long a subscription waits for its confirmation (developer guide: "the
// token is valid for 2 days"; FAQ: a subscription that is not confirmed is deleted after
// 48 hours).
const pendingTime = 48 * time.Hour

const (
	// maxSubscriptions is the most subscriptions of a topic by default, less so as not to
	// need gigabytes: AWS's quota is 12,500,000.
	maxSubscriptions = 100_000
	// maxFIFOSubscriptions is the quota of a FIFO topic.
	maxFIFOSubscriptions = 100
	// maxFilters is the most filter policies of a topic (developer guide, "Filter policy
	// constraints").
	maxFilters  = 200
	maxEndpoint = 2048 // unverified
)

// The protocols of subscriptions.
const (
	protocolHTTP        = "http"
	protocolHTTPS       = "https"
	protocolEmail       = "email"
	protocolEmailJSON   = "email-json"
	protocolSMS         = "sms"
	protocolSQS         = "sqs"
	protocolApplication = "application"
	protocolLambda      = "lambda"
	protocolFirehose    = "firehose"
)

// checkEndpoint checks an endpoint by its protocol.
func checkEndpoint(protocol, endpoint string) error {
	var valid bool
	var what string
	switch protocol {
	case protocolHTTP, protocolHTTPS:
		u, err := url.Parse(endpoint)
		valid, what = err == nil && strings.EqualFold(u.Scheme, protocol) && u.Host != "", "Endpoint must match the specified protocol"
	case protocolEmail, protocolEmailJSON:
		a, err := mail.ParseAddress(endpoint)
		valid, what = err == nil && a.Address == endpoint, "Email address"
	case protocolSMS:
		valid, what = isPhone(endpoint), "Invalid SMS endpoint: "+endpoint
	case protocolSQS:
		valid, what = isEndpointARN(endpoint, "sqs", ""), "SQS endpoint ARN"
	case protocolLambda:
		valid, what = isEndpointARN(endpoint, "lambda", "function:"), "Lambda endpoint ARN"
	case protocolFirehose:
		valid, what = isEndpointARN(endpoint, "firehose", "deliverystream/"), "Firehose endpoint arn"
	case protocolApplication:
		valid, what = isEndpointARN(endpoint, "sns", "endpoint/"), "Application endpoint arn invalid"
	default:
		return invalidParameter("Amazon SNS does not support this protocol string: " + protocol[:min(len(protocol), maxNameSize)])
	}
	switch {
	case len(endpoint) > maxEndpoint:
		return invalidParameter(textEndpointLong)
	case !valid:
		return invalidParameter(what)
	}
	return nil
}

func isEndpointARN(text, service, prefix string) bool {
	a, err := awsarn.Parse(text)
	return err == nil && a.Partition == "aws" && a.Service == service && a.Region != "" && awsid.IsAccount(a.AccountID) &&
		strings.HasPrefix(a.Resource, prefix) && len(a.Resource) > len(prefix)
}

// isPhone takes phone numbers in E.164 format.
func isPhone(number string) bool {
	digits := strings.TrimPrefix(number, "+")
	return len(digits) >= 7 && len(digits) <= 15 && awsid.IsDigits(digits) && digits[0] != '0'
}

// mustConfirm reports whether an endpoint must confirm the subscription. Who subscribes a
// queue, function, stream or device endpoint of its own account has confirmed by that;
// phones have no way to (developer guide, "Subscribing to an Amazon SNS topic" and "Sending
// Amazon SNS messages to an Amazon SQS queue in a different account").
func mustConfirm(protocol, endpoint, account string) bool {
	switch protocol {
	case protocolSMS:
		return false
	case protocolSQS, protocolLambda, protocolFirehose, protocolApplication:
		a, err := awsarn.Parse(endpoint)
		return err != nil || a.AccountID != account
	}
	return true
}

// counts are the numbers of subscriptions that are confirmed and that are not.
func (t *topic) counts() (confirmed, pending int) {
	for _, sub := range t.subs {
		if sub.pending {
			pending++
		} else {
			confirmed++
		}
	}
	return confirmed, pending
}

// forgetPending deletes the subscriptions of a topic that nobody confirmed in time. The lock
// is held.
func (s *Fake) forgetPending(t *topic) {
	now := s.now()
	for i := 0; i < len(t.subs); {
		if sub := t.subs[i]; sub.pending && !now.Before(sub.created.Add(pendingTime)) {
			s.end(sub)
			continue
		}
		i++
	}
}

// end deletes a subscription. The lock is held.
func (s *Fake) end(sub *subscription) {
	if sub.deleted {
		return
	}
	sub.deleted = true
	delete(s.subscriptions, sub.arn)
	t := sub.topic
	for i, other := range t.subs {
		if other == sub {
			t.subs = append(t.subs[:i:i], t.subs[i+1:]...)
			break
		}
	}
	if !sub.pending {
		t.ended++
	}
}

// find returns the subscription of an endpoint. Its owner does not matter: an endpoint has
// one subscription to a topic.
func (t *topic) find(protocol, endpoint string) *subscription {
	for _, sub := range t.subs {
		if sub.protocol == protocol && sub.endpoint == endpoint {
			return sub
		}
	}
	return nil
}
