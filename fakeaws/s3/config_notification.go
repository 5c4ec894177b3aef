package s3

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// notificationOps are the rows of event notifications.
func (s *Fake) notificationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putBucketNotificationConfiguration),
		getting(s, notificationConfiguration(), func(in *awss3.GetBucketNotificationConfigurationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *notifications) *awss3.GetBucketNotificationConfigurationOutput {
			return &awss3.GetBucketNotificationConfigurationOutput{
				EventBridgeConfiguration: cfg.EventBridgeConfiguration, LambdaFunctionConfigurations: cfg.LambdaFunctionConfigurations,
				QueueConfigurations: cfg.QueueConfigurations, TopicConfigurations: cfg.TopicConfigurations,
			}
		}),
	}
}

func notificationConfiguration() *configuration[notifications] {
	return &configuration[notifications]{get: "s3:GetBucketNotification", put: "s3:PutBucketNotification",
		of:     func(c *configurations) **notifications { return &c.notifications },
		absent: usual(notifications{}), check: checkNotifications}
}

// putBucketNotificationConfiguration sets where events of a bucket go. S3 asks every
// destination first whether it may send to it, and sends a test event to new ones.
func (s *Fake) putBucketNotificationConfiguration(call *fakeaws.Call, in *awss3.PutBucketNotificationConfigurationInput) (*fakeaws.Plan[*awss3.PutBucketNotificationConfigurationOutput], error) {
	var given *notifications
	if n := in.NotificationConfiguration; n != nil {
		given = &notifications{
			EventBridgeConfiguration: n.EventBridgeConfiguration, LambdaFunctionConfigurations: n.LambdaFunctionConfigurations,
			QueueConfigurations: n.QueueConfigurations, TopicConfigurations: n.TopicConfigurations,
		}
	}
	c := notificationConfiguration()
	b, cfg, needs, err := c.askToPut(s, call, in, bucketRef{in.Bucket, in.ExpectedBucketOwner}, given)
	if err != nil {
		return nil, err
	}
	as := fakeaws.ServiceCall{Principal: "s3.amazonaws.com", SourceARN: b.arn, SourceAccount: b.owner.ID, Region: b.region}
	unchecked := aws.ToBool(in.SkipDestinationValidation)
	store := withBucket(s, call, b, needs, func(b *bucket) (*awss3.PutBucketNotificationConfigurationOutput, error) {
		return new(awss3.PutBucketNotificationConfigurationOutput), c.store(s, b, cfg)
	})
	return &fakeaws.Plan[*awss3.PutBucketNotificationConfigurationOutput]{Needs: needs, Do: func() (*awss3.PutBucketNotificationConfigurationOutput, error) {
		s.nameDestinations(cfg)
		// Services are called with the lock not held.
		if !unchecked {
			if err := s.admitDestinations(call, as, cfg); err != nil {
				return nil, err
			}
		}
		out, err := store.Do()
		if err != nil {
			return nil, err
		}
		if !unchecked {
			s.announce(call, as, aws.ToString(in.Bucket), cfg)
		}
		return out, nil
	}}, nil
}

// notifications are where events of a bucket go, as the members of the input of
// PutBucketNotificationConfiguration have them.
type notifications struct {
	EventBridgeConfiguration     *types.EventBridgeConfiguration
	LambdaFunctionConfigurations []types.LambdaFunctionConfiguration
	QueueConfigurations          []types.QueueConfiguration
	TopicConfigurations          []types.TopicConfiguration
}

// A destination is what the configurations of queues, topics and functions have in
// common.
type destination struct {
	element string // that errors name
	arn     string
	events  []types.Event
	filter  *types.NotificationConfigurationFilter
	id      **string
}

func (n *notifications) destinations() []destination {
	var all []destination
	for i := range n.QueueConfigurations {
		c := &n.QueueConfigurations[i]
		all = append(all, destination{"Queue", aws.ToString(c.QueueArn), c.Events, c.Filter, &c.Id})
	}
	for i := range n.TopicConfigurations {
		c := &n.TopicConfigurations[i]
		all = append(all, destination{"Topic", aws.ToString(c.TopicArn), c.Events, c.Filter, &c.Id})
	}
	for i := range n.LambdaFunctionConfigurations {
		c := &n.LambdaFunctionConfigurations[i]
		all = append(all, destination{"CloudFunction", aws.ToString(c.LambdaFunctionArn), c.Events, c.Filter, &c.Id})
	}
	return all
}

const (
	// maxNotifications is how many configurations of notifications a bucket may have
	// (User Guide, "Amazon S3 quotas"). The text about more is unverified.
	maxNotifications     = 100
	tooManyNotifications = "The number of event notification configurations exceeds the limit of 100."
	// maxEvents is how many events one configuration may name. S3 has fewer; that it
	// refuses to be told the same ones again and again is unverified.
	maxEvents = 100
)

// checkNotifications applies the rules of the User Guide's page "Event notification
// types and destinations".
func checkNotifications(n *notifications) error {
	services := map[string]string{"Queue": "sqs", "Topic": "sns", "CloudFunction": "lambda"}
	all := n.destinations()
	if len(all) > maxNotifications {
		return errInvalidArgument.withText(tooManyNotifications)
	}
	for i, d := range all {
		if a, err := arn.Parse(d.arn); err != nil || a.Service != services[d.element] {
			return invalidArgument("The ARN could not be parsed", d.element, d.arn)
		}
		if len(d.events) == 0 || len(d.events) > maxEvents {
			return errMalformedXML.of()
		}
		if len(aws.ToString(*d.id)) > maxRuleID {
			return invalidArgument("Id cannot be longer than 255 characters.", "Id", **d.id)
		}
		if err := checkKeyFilter(d.filter); err != nil {
			return err
		}
		for _, other := range all[:i] {
			if d.overlaps(&other) {
				return errInvalidArgument.withText("Configurations overlap. Configurations on the same bucket cannot share a common event type.")
			}
		}
	}
	return nil
}

func checkKeyFilter(f *types.NotificationConfigurationFilter) error {
	if f == nil || f.Key == nil {
		return nil
	}
	seen := make(map[string]bool)
	for _, r := range f.Key.FilterRules {
		name := strings.ToLower(string(r.Name))
		switch {
		case name != "prefix" && name != "suffix":
			return invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", string(r.Name))
		case seen[name]:
			return errInvalidArgument.withText("Cannot specify more than one "+name+" rule in a filter.", "ArgumentName", "FilterRule.Name", "ArgumentValue", string(r.Name))
		case len(aws.ToString(r.Value)) > maxKey:
			return invalidArgument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation", "filterRule", *r.Value)
		}
		seen[name] = true
	}
	return nil
}

// overlaps reports whether an event of a key could go to two destinations.
func (d *destination) overlaps(other *destination) bool {
	shared := false
	for _, a := range d.events {
		for _, b := range other.events {
			shared = shared || a == b || matchesOneStar(string(a), string(b)) || matchesOneStar(string(b), string(a))
		}
	}
	if !shared {
		return false
	}
	prefix, suffix := keyFilter(d.filter)
	otherPrefix, otherSuffix := keyFilter(other.filter)
	return (strings.HasPrefix(prefix, otherPrefix) || strings.HasPrefix(otherPrefix, prefix)) &&
		(strings.HasSuffix(suffix, otherSuffix) || strings.HasSuffix(otherSuffix, suffix))
}

func keyFilter(f *types.NotificationConfigurationFilter) (prefix, suffix string) {
	if f == nil || f.Key == nil {
		return "", ""
	}
	for _, r := range f.Key.FilterRules {
		if strings.EqualFold(string(r.Name), "prefix") {
			prefix = aws.ToString(r.Value)
		} else {
			suffix = aws.ToString(r.Value)
		}
	}
	return prefix, suffix
}

// nameDestinations gives an id to those that have none.
func (s *Fake) nameDestinations(n *notifications) {
	for _, d := range n.destinations() {
		if *d.id == nil || **d.id == "" {
			*d.id = aws.String(s.world.IDs().UUID())
		}
	}
}

// admitDestinations asks every destination whether S3 may send to it on behalf of
// the bucket.
func (s *Fake) admitDestinations(call *fakeaws.Call, as fakeaws.ServiceCall, n *notifications) error {
	for _, d := range n.destinations() {
		queue, err := arn.Parse(d.arn)
		if err != nil {
			return err // it was checked
		}
		if queue.Service != "sqs" || !s.world.Has(queue.Service) {
			return notImplemented(d.element + "Configuration with a destination in " + queue.Service)
		}
		if err := s.admitQueue(call, as, queue); err != nil {
			return err
		}
	}
	return nil
}

func (s *Fake) admitQueue(call *fakeaws.Call, as fakeaws.ServiceCall, queue arn.ARN) error {
	refused := func(why string) error {
		return errInvalidArgument.withText("Unable to validate the following destination configurations", "ArgumentName1", queue.String(), "ArgumentValue1", why)
	}
	if strings.Contains(queue.Resource, ":") || queue.Region != as.Region {
		// A queue of another region is answered as one that S3 cannot find: unverified.
		return refused("The destination queue does not exist")
	}
	err := s.world.Check(call, as.Actor(), &sqs.SendMessageInput{QueueUrl: queueURL(queue), MessageBody: aws.String("{}")})
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api) && strings.Contains(api.ErrorCode(), "AccessDenied"):
		return refused("Permissions on the destination queue do not allow S3 to publish notifications from this bucket")
	}
	return refused("The destination queue does not exist")
}

func queueURL(queue arn.ARN) *string {
	return aws.String("https://sqs." + queue.Region + ".amazonaws.com/" + queue.AccountID + "/" + queue.Resource)
}

// announce sends the test event that S3 sends to new destinations.
func (s *Fake) announce(call *fakeaws.Call, as fakeaws.ServiceCall, bucket string, n *notifications) {
	for _, q := range n.QueueConfigurations {
		body, err := json.Marshal(struct {
			Service, Event, Time, Bucket string
			RequestID                    string `json:"RequestId"`
			HostID                       string `json:"HostId"`
		}{"Amazon S3", "s3:TestEvent", call.Time.UTC().Format("2006-01-02T15:04:05.000Z"), bucket, call.RequestID, s.world.IDs().Token(76)})
		queue, notARN := arn.Parse(*q.QueueArn)
		if err != nil || notARN != nil {
			return
		}
		// Whether the message arrives does not concern the request.
		_, _ = fakeaws.Do[sqs.SendMessageOutput](call, s.world, as.Actor(), &sqs.SendMessageInput{QueueUrl: queueURL(queue), MessageBody: aws.String(string(body))})
	}
}
