package s3

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// notifications are where events of a bucket go, as the members of the input of
// PutBucketNotificationConfiguration have them.
type notifications struct {
	EventBridgeConfiguration     *types.EventBridgeConfiguration
	LambdaFunctionConfigurations []types.LambdaFunctionConfiguration
	QueueConfigurations          []types.QueueConfiguration
	TopicConfigurations          []types.TopicConfiguration
	SkipDestinationValidation    *bool
}

// A destination is what the kinds of destinations have in common.
type destination struct {
	kind   string // as errors name it
	arn    string
	events []types.Event
	filter *types.NotificationConfigurationFilter
	id     **string
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

// checkNotifications applies the rules of the User Guide's page "Event notification
// types and destinations".
func checkNotifications(n *notifications) error {
	services := map[string]string{"Queue": "sqs", "Topic": "sns", "CloudFunction": "lambda"}
	all := n.destinations()
	for i, d := range all {
		parts := strings.SplitN(d.arn, ":", 6)
		if len(parts) != 6 || parts[0] != "arn" || parts[2] != services[d.kind] {
			return invalidArgument("The ARN could not be parsed", d.kind, d.arn)
		}
		if len(d.events) == 0 {
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
				return errInvalidArgument.says("Configurations overlap. Configurations on the same bucket cannot share a common event type.")
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
			return errInvalidArgument.says("Cannot specify more than one "+name+" rule in a filter.", "ArgumentName", "FilterRule.Name", "ArgumentValue", string(r.Name))
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

// source says that S3 calls on behalf of a bucket.
func (s *Fake) source(call *fakeaws.Call, ref bucketRef) (fakeaws.ServiceCall, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref)
	if err != nil {
		return fakeaws.ServiceCall{}, err
	}
	return fakeaws.ServiceCall{Principal: "s3.amazonaws.com", SourceARN: b.arn, SourceAccount: b.owner.ID, Region: b.region}, nil
}

// admitDestinations asks every destination whether S3 may send to it on behalf of
// the bucket.
func (s *Fake) admitDestinations(call *fakeaws.Call, ref bucketRef, n *notifications) error {
	for _, d := range n.destinations() {
		if *d.id == nil || **d.id == "" {
			*d.id = aws.String(s.world.IDs().UUID())
		}
	}
	if aws.ToBool(n.SkipDestinationValidation) {
		return nil
	}
	as, err := s.source(call, ref)
	if err != nil {
		return err
	}
	for _, d := range n.destinations() {
		service := strings.SplitN(d.arn, ":", 4)[2]
		if service != "sqs" || !s.world.Has(service) {
			return notImplemented(d.kind + "Configuration with a destination in " + service)
		}
		if err := s.admitQueue(call, as, d.arn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Fake) admitQueue(ctx context.Context, as fakeaws.ServiceCall, queue string) error {
	refused := func(why string) error {
		return errInvalidArgument.says("Unable to validate the following destination configurations", "ArgumentName1", queue, "ArgumentValue1", why)
	}
	parts := strings.Split(queue, ":")
	if len(parts) != 6 || parts[3] != as.Region {
		// A queue of another region is answered as one that S3 cannot find: unverified.
		return refused("The destination queue does not exist")
	}
	err := s.world.Check(ctx, as.Actor(), &sqs.SendMessageInput{QueueUrl: queueURL(parts), MessageBody: aws.String("{}")})
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api) && strings.Contains(api.ErrorCode(), "AccessDenied"):
		return refused("Permissions on the destination queue do not allow S3 to publish notifications from this bucket")
	}
	return refused("The destination queue does not exist")
}

func queueURL(arn []string) *string {
	return aws.String("https://sqs." + arn[3] + ".amazonaws.com/" + arn[4] + "/" + arn[5])
}

// announce sends the test event that S3 sends to new destinations.
func (s *Fake) announce(call *fakeaws.Call, ref bucketRef, n *notifications) {
	as, err := s.source(call, ref)
	if err != nil || aws.ToBool(n.SkipDestinationValidation) {
		return
	}
	for _, q := range n.QueueConfigurations {
		body, err := json.Marshal(struct {
			Service, Event, Time, Bucket string
			RequestID                    string `json:"RequestId"`
			HostID                       string `json:"HostId"`
		}{"Amazon S3", "s3:TestEvent", call.Time.UTC().Format("2006-01-02T15:04:05.000Z"), aws.ToString(ref.name), call.RequestID, s.world.IDs().Token(76)})
		if err != nil {
			return
		}
		// Whether the message arrives does not concern the request.
		_, _ = fakeaws.Do[sqs.SendMessageOutput](call, s.world, as.Actor(), &sqs.SendMessageInput{QueueUrl: queueURL(strings.Split(*q.QueueArn, ":")), MessageBody: aws.String(string(body))})
	}
}
