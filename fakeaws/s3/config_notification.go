package s3

import (
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

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
// destination first whether it may send to it, and sends it a test event.
func (s *Fake) putBucketNotificationConfiguration(call *fakeaws.Call, in *awss3.PutBucketNotificationConfigurationInput) (*fakeaws.Plan[*awss3.PutBucketNotificationConfigurationOutput], error) {
	read, given, err := readNotifications(in)
	if err != nil {
		return nil, err
	}
	c := notificationConfiguration()
	b, cfg, needs, err := c.askToPut(s, call, read, bucketRef{in.Bucket, in.ExpectedBucketOwner}, given)
	if err != nil {
		return nil, err
	}
	unchecked := aws.ToBool(in.SkipDestinationValidation)
	store := withBucket(s, call, b, needs, func(b *bucket) (*awss3.PutBucketNotificationConfigurationOutput, error) {
		if err := c.store(s, b, cfg); err != nil {
			return nil, err
		}
		if !unchecked {
			s.announce(call, b, cfg)
		}
		return new(awss3.PutBucketNotificationConfigurationOutput), nil
	})
	return &fakeaws.Plan[*awss3.PutBucketNotificationConfigurationOutput]{Needs: needs, Do: func() (*awss3.PutBucketNotificationConfigurationOutput, error) {
		s.nameDestinations(cfg)
		// Services are called with the lock not held.
		if !unchecked {
			if err := s.admitDestinations(call, b, cfg); err != nil {
				return nil, err
			}
		}
		return store.Do()
	}}, nil
}

// readNotifications takes the configuration out of an input, and makes the names of its
// filter rules those of the published schema: S3 takes them in any case. The input that it
// returns is a copy.
func readNotifications(in *awss3.PutBucketNotificationConfigurationInput) (*awss3.PutBucketNotificationConfigurationInput, *notifications, error) {
	if in.NotificationConfiguration == nil {
		return in, nil, nil
	}
	read := *in
	read.NotificationConfiguration = copied(in.NotificationConfiguration)
	n := read.NotificationConfiguration
	given := &notifications{
		EventBridgeConfiguration: n.EventBridgeConfiguration, LambdaFunctionConfigurations: n.LambdaFunctionConfigurations,
		QueueConfigurations: n.QueueConfigurations, TopicConfigurations: n.TopicConfigurations,
	}
	for d := range given.destinations() {
		for _, r := range rulesOf(d.filter) {
			name := types.FilterRuleName(strings.ToLower(string(r.Name)))
			switch {
			case r.Name == "" || r.Value == nil:
				return nil, nil, errMalformedXML.of()
			case !known(name):
				return nil, nil, invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", string(r.Name))
			}
			r.Name = name
		}
	}
	return &read, given, nil
}

// rulesOf are the rules of a filter, to be changed.
func rulesOf(f *types.NotificationConfigurationFilter) []*types.FilterRule {
	if f == nil || f.Key == nil {
		return nil
	}
	all := make([]*types.FilterRule, len(f.Key.FilterRules))
	for i := range f.Key.FilterRules {
		all[i] = &f.Key.FilterRules[i]
	}
	return all
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

// destinations yields the destinations of the configurations.
func (n *notifications) destinations() iter.Seq[destination] {
	return func(yield func(destination) bool) {
		for i := range n.QueueConfigurations {
			c := &n.QueueConfigurations[i]
			if !yield(destination{"Queue", aws.ToString(c.QueueArn), c.Events, c.Filter, &c.Id}) {
				return
			}
		}
		for i := range n.TopicConfigurations {
			c := &n.TopicConfigurations[i]
			if !yield(destination{"Topic", aws.ToString(c.TopicArn), c.Events, c.Filter, &c.Id}) {
				return
			}
		}
		for i := range n.LambdaFunctionConfigurations {
			c := &n.LambdaFunctionConfigurations[i]
			if !yield(destination{"CloudFunction", aws.ToString(c.LambdaFunctionArn), c.Events, c.Filter, &c.Id}) {
				return
			}
		}
	}
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
	all := slices.Collect(n.destinations())
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

// checkKeyFilter checks the rules of a filter, and names them as S3 gives them back.
func checkKeyFilter(f *types.NotificationConfigurationFilter) error {
	seen := make(map[types.FilterRuleName]bool)
	for _, r := range rulesOf(f) {
		switch {
		case seen[r.Name]:
			return errInvalidArgument.withText("Cannot specify more than one "+string(r.Name)+" rule in a filter.", "ArgumentName", "FilterRule.Name", "ArgumentValue", string(r.Name))
		case len(aws.ToString(r.Value)) > maxKey:
			return invalidArgument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation", "filterRule", *r.Value)
		}
		seen[r.Name] = true
	}
	for _, r := range rulesOf(f) {
		r.Name = types.FilterRuleName(strings.ToUpper(string(r.Name[:1])) + string(r.Name[1:]))
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
	for d := range n.destinations() {
		if *d.id == nil || **d.id == "" {
			*d.id = aws.String(s.world.IDs().UUID())
		}
	}
}
