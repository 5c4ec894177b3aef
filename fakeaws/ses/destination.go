package ses

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

// A destination is where the events of mail go that is sent with a configuration set.
type destination struct {
	name string
	to   types.EventDestinationDefinition
}

// maxDestinations is how many a configuration set has ("Service quotas in Amazon SES").
const maxDestinations = 10

func (s *Fake) destinationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createDestination),
		bind(s.updateDestination),
		bind(s.deleteDestination),
	}
}

func (s fakeV2) destinationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createDestination),
		bind(s.updateDestination),
		bind(s.deleteDestination),
		bind(s.getDestinations),
	}
}

// eventTypes are the types of events in version 1, by those of version 2.
var eventTypes = map[types.EventType]v1.EventType{
	types.EventTypeSend: v1.EventTypeSend, types.EventTypeReject: v1.EventTypeReject, types.EventTypeBounce: v1.EventTypeBounce,
	types.EventTypeComplaint: v1.EventTypeComplaint, types.EventTypeDelivery: v1.EventTypeDelivery, types.EventTypeOpen: v1.EventTypeOpen,
	types.EventTypeClick: v1.EventTypeClick, types.EventTypeRenderingFailure: v1.EventTypeRenderingFailure,
}

// shownV1 is the destination as version 1 has it. What only version 2 has it leaves out.
func (d *destination) shownV1() v1.EventDestination {
	out := v1.EventDestination{Name: aws.String(d.name), Enabled: d.to.Enabled}
	for _, t := range d.to.MatchingEventTypes {
		if old, ok := eventTypes[t]; ok {
			out.MatchingEventTypes = append(out.MatchingEventTypes, old)
		}
	}
	slices.Sort(out.MatchingEventTypes) // as recorded: by name
	if to := d.to.SnsDestination; to != nil {
		out.SNSDestination = &v1.SNSDestination{TopicARN: to.TopicArn}
	}
	if to := d.to.KinesisFirehoseDestination; to != nil {
		out.KinesisFirehoseDestination = &v1.KinesisFirehoseDestination{DeliveryStreamARN: to.DeliveryStreamArn, IAMRoleARN: to.IamRoleArn}
	}
	if to := d.to.CloudWatchDestination; to != nil {
		out.CloudWatchDestination = &v1.CloudWatchDestination{}
		for _, c := range to.DimensionConfigurations {
			out.CloudWatchDestination.DimensionConfigurations = append(out.CloudWatchDestination.DimensionConfigurations, v1.CloudWatchDimensionConfiguration{
				DefaultDimensionValue: c.DefaultDimensionValue, DimensionName: c.DimensionName, DimensionValueSource: sourcesV1[c.DimensionValueSource],
			})
		}
	}
	return out
}

var sourcesV1 = map[types.DimensionValueSource]v1.DimensionValueSource{
	types.DimensionValueSourceMessageTag: v1.DimensionValueSourceMessageTag, types.DimensionValueSourceEmailHeader: v1.DimensionValueSourceEmailHeader,
	types.DimensionValueSourceLinkTag: v1.DimensionValueSourceLinkTag,
}

// definition is a destination of version 1 as version 2 has it.
func definition(d *v1.EventDestination) types.EventDestinationDefinition {
	out := types.EventDestinationDefinition{Enabled: d.Enabled}
	for newer, older := range eventTypes {
		if slices.Contains(d.MatchingEventTypes, older) {
			out.MatchingEventTypes = append(out.MatchingEventTypes, newer)
		}
	}
	slices.Sort(out.MatchingEventTypes)
	if to := d.SNSDestination; to != nil {
		out.SnsDestination = &types.SnsDestination{TopicArn: to.TopicARN}
	}
	if to := d.KinesisFirehoseDestination; to != nil {
		out.KinesisFirehoseDestination = &types.KinesisFirehoseDestination{DeliveryStreamArn: to.DeliveryStreamARN, IamRoleArn: to.IAMRoleARN}
	}
	if to := d.CloudWatchDestination; to != nil {
		out.CloudWatchDestination = &types.CloudWatchDestination{}
		for _, c := range to.DimensionConfigurations {
			config := types.CloudWatchDimensionConfiguration{DefaultDimensionValue: c.DefaultDimensionValue, DimensionName: c.DimensionName}
			for newer, older := range sourcesV1 {
				if older == c.DimensionValueSource {
					config.DimensionValueSource = newer
				}
			}
			out.CloudWatchDestination.DimensionConfigurations = append(out.CloudWatchDestination.DimensionConfigurations, config)
		}
	}
	return out
}

// A putting is a call that adds a destination to a configuration set, or changes one.
type putting struct {
	set, name string
	to        types.EventDestinationDefinition
	create    bool
}

// checkDestination refuses a destination that cannot be.
func checkDestination(call *fakeaws.Call, p *putting) error {
	to := &p.to
	if !setName.MatchString(p.name) {
		return invalid(call, "Invalid event destination name <%s>: only alphanumeric ASCII characters, '_', and '-' are allowed.", p.name)
	}
	count := 0
	for _, there := range []bool{to.CloudWatchDestination != nil, to.EventBridgeDestination != nil, to.KinesisFirehoseDestination != nil, to.SnsDestination != nil, to.PinpointDestination != nil} {
		if there {
			count++
		}
	}
	switch {
	case to.PinpointDestination != nil:
		return notImplemented("a destination in Amazon Pinpoint")
	case count != 1:
		return invalid(call, textOneDest)
	case len(to.MatchingEventTypes) == 0:
		return invalid(call, textNoEvents)
	case to.EventBridgeDestination != nil && aws.ToString(to.EventBridgeDestination.EventBusArn) != fakeaws.ARN("events", call.Region, call.Account, "event-bus/default"):
		return invalid(call, textBus) // it repeats no ARN: the caller is not judged yet
	}
	return nil
}

// put plans that a destination is put into a configuration set. A role is passed to SES, and a
// topic must be one to which SES can publish: it does so to see that.
func put[O any](s *Fake, call *fakeaws.Call, p *putting, out O) (*fakeaws.Plan[O], error) {
	if err := checkDestination(call, p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	judged := sets.find(s, call, p.set)
	plan := &fakeaws.Plan[O]{Needs: []fakeaws.Need{sets.need(s, call, call.Operation, p.set)}}
	s.mu.Unlock()
	asSet := fakeaws.ServiceCall{Principal: serviceName, SourceARN: placeOf(call).arn("configuration-set/" + p.set), SourceAccount: call.Account, Region: call.Region}
	assumable := true
	if to := p.to.KinesisFirehoseDestination; to != nil {
		arn := aws.ToString(to.IamRoleArn)
		plan.Needs = append(plan.Needs, role.Pass(call, arn, serviceName, asSet.SourceARN))
		assumable = role.Assumable(call, arn, asSet)
	}
	plan.Do = func() (none O, err error) {
		s.mu.Lock()
		err = p.check(s, call, judged)
		s.mu.Unlock()
		if err != nil {
			return none, err
		}
		if !assumable {
			return none, fail(call, "InvalidFirehoseDestination", "BadRequestException", textFirehoseRole, aws.ToString(p.to.KinesisFirehoseDestination.IamRoleArn))
		}
		if to := p.to.SnsDestination; to != nil {
			if err := s.validateTopic(call, asSet, aws.ToString(to.TopicArn)); err != nil {
				return none, fail(call, "InvalidSNSDestination", "BadRequestException", textTopic, aws.ToString(to.TopicArn))
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := p.check(s, call, judged); err != nil { // the topic was asked without the lock
			return none, err
		}
		judged.put(p)
		return out, nil
	}
	return plan, nil
}

// check refuses a set that is gone, and a destination that is there already or is not. The lock
// is held.
func (p *putting) check(s *Fake, call *fakeaws.Call, judged *configurationSet) error {
	if judged == nil || sets.find(s, call, p.set) != judged {
		return sets.missing(call, p.set)
	}
	there := judged.destination(p.name) >= 0
	switch {
	case p.create && there:
		return fail(call, "EventDestinationAlreadyExists", "AlreadyExistsException", textDestination, p.name, p.set)
	case !p.create && !there:
		return fail(call, "EventDestinationDoesNotExist", "NotFoundException", textNoneOf, p.set)
	case p.create && len(judged.destinations) >= maxDestinations:
		return limitExceeded(call, textManyResources, maxDestinations)
	}
	return nil
}

// destination is the index of a destination by its name; -1 where there is none.
func (x *configurationSet) destination(name string) int {
	return slices.IndexFunc(x.destinations, func(d *destination) bool { return d.name == name })
}

func (x *configurationSet) put(p *putting) {
	d := &destination{p.name, p.to}
	if i := x.destination(p.name); i >= 0 {
		x.destinations[i] = d
		return
	}
	x.destinations = append(x.destinations, d)
}

// validateTopic publishes to a topic that events are to go to.
func (s *Fake) validateTopic(call *fakeaws.Call, as fakeaws.ServiceCall, topic string) error {
	if !strings.HasPrefix(topic, "arn:") {
		return invalid(call, textTopic, topic)
	}
	_, err := s.world.Deliver(context.WithoutCancel(call.Context), as.Actor(), &fakeaws.Delivery{
		Target: topic, Body: []byte("Successfully validated SNS topic for Amazon SES event publishing."),
	})
	if err != nil {
		call.Help(err.Error())
	}
	return err
}

func (s *Fake) createDestination(call *fakeaws.Call, in *awsses.CreateConfigurationSetEventDestinationInput) (*fakeaws.Plan[*awsses.CreateConfigurationSetEventDestinationOutput], error) {
	return put(s, call, &putting{aws.ToString(in.ConfigurationSetName), aws.ToString(in.EventDestination.Name), definition(in.EventDestination), true}, &awsses.CreateConfigurationSetEventDestinationOutput{})
}

func (s *Fake) updateDestination(call *fakeaws.Call, in *awsses.UpdateConfigurationSetEventDestinationInput) (*fakeaws.Plan[*awsses.UpdateConfigurationSetEventDestinationOutput], error) {
	return put(s, call, &putting{aws.ToString(in.ConfigurationSetName), aws.ToString(in.EventDestination.Name), definition(in.EventDestination), false}, &awsses.UpdateConfigurationSetEventDestinationOutput{})
}

func (s fakeV2) createDestination(call *fakeaws.Call, in *sesv2.CreateConfigurationSetEventDestinationInput) (*fakeaws.Plan[*sesv2.CreateConfigurationSetEventDestinationOutput], error) {
	return put(s.Fake, call, &putting{aws.ToString(in.ConfigurationSetName), aws.ToString(in.EventDestinationName), *in.EventDestination, true}, &sesv2.CreateConfigurationSetEventDestinationOutput{})
}

func (s fakeV2) updateDestination(call *fakeaws.Call, in *sesv2.UpdateConfigurationSetEventDestinationInput) (*fakeaws.Plan[*sesv2.UpdateConfigurationSetEventDestinationOutput], error) {
	return put(s.Fake, call, &putting{aws.ToString(in.ConfigurationSetName), aws.ToString(in.EventDestinationName), *in.EventDestination, false}, &sesv2.UpdateConfigurationSetEventDestinationOutput{})
}

// remove plans that a destination is taken out of a configuration set.
func remove[O any](s *Fake, call *fakeaws.Call, set, name *string, out O) (*fakeaws.Plan[O], error) {
	return on(s, call, sets, aws.ToString(set), func(_ *region, x *configurationSet) (none O, err error) {
		i := x.destination(aws.ToString(name))
		if i < 0 {
			return none, fail(call, "EventDestinationDoesNotExist", "NotFoundException", textNoneOf, x.name)
		}
		x.destinations = slices.Delete(x.destinations, i, i+1)
		return out, nil
	})
}

func (s *Fake) deleteDestination(call *fakeaws.Call, in *awsses.DeleteConfigurationSetEventDestinationInput) (*fakeaws.Plan[*awsses.DeleteConfigurationSetEventDestinationOutput], error) {
	return remove(s, call, in.ConfigurationSetName, in.EventDestinationName, &awsses.DeleteConfigurationSetEventDestinationOutput{})
}

func (s fakeV2) deleteDestination(call *fakeaws.Call, in *sesv2.DeleteConfigurationSetEventDestinationInput) (*fakeaws.Plan[*sesv2.DeleteConfigurationSetEventDestinationOutput], error) {
	return remove(s.Fake, call, in.ConfigurationSetName, in.EventDestinationName, &sesv2.DeleteConfigurationSetEventDestinationOutput{})
}

func (s fakeV2) getDestinations(call *fakeaws.Call, in *sesv2.GetConfigurationSetEventDestinationsInput) (*fakeaws.Plan[*sesv2.GetConfigurationSetEventDestinationsOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*sesv2.GetConfigurationSetEventDestinationsOutput, error) {
		out := &sesv2.GetConfigurationSetEventDestinationsOutput{EventDestinations: []types.EventDestination{}}
		for _, d := range x.destinations {
			out.EventDestinations = append(out.EventDestinations, types.EventDestination{
				Name: aws.String(d.name), Enabled: d.to.Enabled, MatchingEventTypes: d.to.MatchingEventTypes, CloudWatchDestination: d.to.CloudWatchDestination,
				EventBridgeDestination: d.to.EventBridgeDestination, KinesisFirehoseDestination: d.to.KinesisFirehoseDestination, SnsDestination: d.to.SnsDestination,
			})
		}
		return out, nil
	})
}
