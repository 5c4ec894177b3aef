package cloudwatchlogs

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/pattern"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) subscriptionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putSubscriptionFilter),
		fakeaws.Bind(s.deleteSubscriptionFilter),
		fakeaws.Bind(s.describeSubscriptionFilters),
	}
}

// maxSubscriptions is "Subscription filters: 2 per log group".
const maxSubscriptions = 2

// putSubscriptionFilter has the events that a pattern matches delivered to a function, a
// stream, or a destination. "To perform a PutSubscriptionFilter operation for any destination
// except a Lambda function, you must also have the iam:PassRole permission."
func (s *Fake) putSubscriptionFilter(call *fakeaws.Call, in *awslogs.PutSubscriptionFilterInput) (*fakeaws.Plan[*awslogs.PutSubscriptionFilterOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if aws.ToString(in.FieldSelectionCriteria) != "" {
		return nil, notImplemented("fieldSelectionCriteria")
	}
	p, err := parsePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	id := named(call, in.LogGroupName)
	if err := checkDestination(call, *in.DestinationArn, in.RoleArn); err != nil {
		return nil, err
	}
	g, need := s.lookUp(call, "logs:PutSubscriptionFilter", id, id.whole())
	needs := []fakeaws.Need{need}
	needsRole := false
	if to, ok := parseDestinationARN(*in.DestinationArn); ok {
		var more fakeaws.Need
		more, needsRole = s.subscribing(to)
		needs = append(needs, more)
	}
	if in.RoleArn != nil {
		needs = append(needs, passRole(*in.RoleArn))
	}
	return &fakeaws.Plan[*awslogs.PutSubscriptionFilterOutput]{Needs: needs, Do: func() (*awslogs.PutSubscriptionFilterOutput, error) {
		if err := s.admits(g, p, in); err != nil {
			return nil, err
		}
		if needsRole && in.RoleArn == nil {
			return nil, invalidParameter("Role ARN is required when creating subscription filter against destination with Organization access policy")
		}
		if err := s.try(call, id, *in.DestinationArn, aws.ToString(in.RoleArn)); err != nil {
			return nil, err
		}
		return doOn(s, g, func(g *group) (*awslogs.PutSubscriptionFilterOutput, error) {
			return &awslogs.PutSubscriptionFilterOutput{}, s.subscribe(g, p, in)
		})()
	}}, nil
}

// admits refuses a filter that a log group cannot have. The lock is not held.
func (s *Fake) admits(g *group, p *pattern.Pattern, in *awslogs.PutSubscriptionFilterInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := g.exists(); err != nil {
		return err
	}
	if g.class != types.LogGroupClassStandard {
		return invalidOperation(textInvalidOperation)
	}
	old, there := g.filters.Get(*in.FilterName)
	if !there && g.filters.Len() >= maxSubscriptions || p.HasRegex() && g.regexes(nil, old) >= maxRegexFilters {
		return limitExceeded()
	}
	return nil
}

// subscribe stores a filter. The lock is held.
func (s *Fake) subscribe(g *group, p *pattern.Pattern, in *awslogs.PutSubscriptionFilterInput) error {
	f := &subscription{
		name: *in.FilterName, pattern: p, destination: *in.DestinationArn, role: aws.ToString(in.RoleArn), transformed: in.ApplyOnTransformedLogs,
		distribution: cmp.Or(in.Distribution, types.DistributionByLogStream), systemFields: slices.Clone(in.EmitSystemFields), created: s.now(),
	}
	if old, there := g.filters.Get(f.name); there {
		f.created = old.created
	} else if g.filters.Len() >= maxSubscriptions {
		return limitExceeded()
	}
	g.filters.Set(f.name, f)
	return nil
}

// vendors are the services to which a filter delivers. Of them all but functions take a role.
var vendors = []string{"firehose", "kinesis", "lambda", serviceName}

// checkDestination refuses what is no destination of a filter.
func checkDestination(call *fakeaws.Call, destination string, roleARN *string) error {
	parsed, err := awsarn.Parse(destination)
	if err != nil {
		return invalidParameter(textDestination)
	}
	switch {
	case !slices.Contains(vendors, parsed.Service):
		return invalidParameter("PutSubscriptionFilter operation cannot work with destinationArn for vendor " + parsed.Service)
	case parsed.Service == "lambda" && roleARN != nil:
		return invalidParameter(fmt.Sprintf(textDestinationARN, parsed.Service))
	case (parsed.Service == "kinesis" || parsed.Service == "firehose") && roleARN == nil:
		return invalidParameter("destinationArn for vendor " + parsed.Service + " cannot be used without roleArn")
	case parsed.Region != call.Region:
		return invalidParameter(textRegion)
	case parsed.AccountID != call.Account && parsed.Service != serviceName && !call.Fixture():
		return invalidParameter(textDestination) // of other accounts only destinations can be
	}
	if _, ok := parseDestinationARN(destination); parsed.Service == serviceName && !ok {
		return invalidParameter(textDestination)
	}
	if roleARN != nil {
		return checkRole(*roleARN)
	}
	return nil
}

// checkRole refuses what is not the ARN of a role.
func checkRole(roleARN string) error {
	parsed, err := awsarn.Parse(roleARN)
	if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "role/") {
		return invalidParameter(fmt.Sprintf(textRole, roleARN))
	}
	return nil
}

// passRole is the permission to let CloudWatch Logs have a role.
func passRole(roleARN string) fakeaws.Need {
	parsed, _ := awsarn.Parse(roleARN) // it was looked at
	pass := fakeaws.Need{Action: "iam:PassRole", Resource: roleARN, ResourceAccount: parsed.AccountID}
	pass.Context.Set("iam:PassedToService", global)
	return pass
}

// try finds out whether CloudWatch Logs can deliver: it asks whether it may invoke a function,
// and sends a stream a message. The lock is not held.
func (s *Fake) try(call *fakeaws.Call, id groupID, destination, roleARN string) error {
	if to, ok := parseDestinationARN(destination); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d, there := s.at(to.place()).destinations.Get(to.name); !there {
			return notFound(textNoDestination)
		} else if d.policy == nil && to.account != id.account {
			return invalidParameter(textNoAccess)
		}
		return nil
	}
	return s.tryTarget(call, id, receiver{destination, roleARN})
}

// tryTarget is try of a function or a stream.
func (s *Fake) tryTarget(call *fakeaws.Call, id groupID, to receiver) error {
	kinds := map[string]string{"kinesis": "Kinesis stream", "firehose": "Firehose stream"}
	kind, isStream := kinds[vendor(to.target)]
	actor, err := s.actor(call, id, to)
	if err != nil {
		call.Help(err.Error())
		return invalidParameter(fmt.Sprintf(textRole, to.role))
	}
	document := control(s.now(), kind)
	d, err := envelope(to.target, document)
	if err != nil {
		return err
	}
	d.PartitionKey = s.world.IDs().UUID()
	err = s.world.CheckDelivery(call, actor, d)
	there := s.world.TargetExists(to.target)
	switch {
	case err != nil:
	case !there && s.world.Has(vendor(to.target)):
		err = errors.New("there is no " + to.target)
	case there && isStream:
		_, err = s.world.Deliver(call, actor, d)
	}
	if err == nil {
		return nil
	}
	call.Help(err.Error())
	if isStream {
		return invalidParameter(fmt.Sprintf(textNotDeliverable, kind, strings.ToLower(kind[:1])+kind[1:]))
	}
	return invalidParameter(textNotInvokable)
}

func (s *Fake) deleteSubscriptionFilter(call *fakeaws.Call, in *awslogs.DeleteSubscriptionFilterInput) (*fakeaws.Plan[*awslogs.DeleteSubscriptionFilterOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.DeleteSubscriptionFilterOutput, error) {
		if _, ok := g.filters.Delete(*in.FilterName); !ok {
			return nil, notFound(textNoSubscription)
		}
		return &awslogs.DeleteSubscriptionFilterOutput{}, nil
	}), nil
}

func (s *Fake) describeSubscriptionFilters(call *fakeaws.Call, in *awslogs.DescribeSubscriptionFiltersInput) (*fakeaws.Plan[*awslogs.DescribeSubscriptionFiltersOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.DescribeSubscriptionFiltersOutput, error) {
		all := page.Prefixed(g.filters.Ascend, aws.ToString(in.FilterNamePrefix))
		p := page.Of(all, from, page.Size(in.Limit, pageSize), page.Every(func(f *subscription) types.SubscriptionFilter { return f.describe(g.id) }))
		return &awslogs.DescribeSubscriptionFiltersOutput{SubscriptionFilters: p.Items, NextToken: p.Next}, nil
	}), nil
}

func (f *subscription) describe(id groupID) types.SubscriptionFilter {
	out := types.SubscriptionFilter{
		FilterName: &f.name, FilterPattern: aws.String(f.pattern.Text()), DestinationArn: &f.destination, LogGroupName: aws.String(id.name),
		Distribution: f.distribution, CreationTime: aws.Int64(f.created.UnixMilli()), ApplyOnTransformedLogs: f.transformed, EmitSystemFields: f.systemFields,
	}
	if f.role != "" {
		out.RoleArn = &f.role
	}
	return out
}
