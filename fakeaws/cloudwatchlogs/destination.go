package cloudwatchlogs

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

func (s *Fake) destinationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putDestination),
		fakeaws.Bind(s.putDestinationPolicy),
		fakeaws.Bind(s.deleteDestination),
		fakeaws.Bind(s.describeDestinations),
	}
}

// A destinationID names a destination.
type destinationID struct{ account, region, name string }

func (id destinationID) place() place { return place{id.account, id.region} }

func (id destinationID) arn() string {
	return fakeaws.ARN(serviceName, id.region, id.account, "destination:"+id.name)
}

// parseDestinationARN reads the ARN of a destination.
func parseDestinationARN(text string) (destinationID, bool) {
	parsed, err := awsarn.Parse(text)
	name, ok := strings.CutPrefix(parsed.Resource, "destination:")
	if err != nil || !ok || parsed.Service != serviceName || parsed.Partition != "aws" || parsed.Region == "" || !awsid.IsAccount(parsed.AccountID) ||
		name == "" || len(name) > maxName || strings.ContainsAny(name, ":*") {
		return destinationID{}, false
	}
	return destinationID{parsed.AccountID, parsed.Region, name}, true
}

// A destination is a stream to which other accounts may have events delivered.
type destination struct {
	id           destinationID
	target, role string
	policy       *stored // nil is none
	tags         map[string]string
	created      time.Time
	gone         bool
}

// destinationNeed is a permission on a destination, whose access policy others need.
func destinationNeed(action string, id destinationID, d *destination) fakeaws.Need {
	need := fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}
	if d == nil {
		return need
	}
	if d.policy != nil && action == subscribeAction {
		need.Policy = d.policy.inForce()
	}
	for key, value := range d.tags {
		need.Context.Set("aws:ResourceTag/"+key, value)
	}
	return need
}

// subscribeAction is what the access policy of a destination grants: "a policy that allows
// the source accounts to perform PutSubscriptionFilter".
const subscribeAction = "logs:PutSubscriptionFilter"

// subscribing is the permission to subscribe a destination. needsRole says that its access
// policy is for an organization, which takes a role.
func (s *Fake) subscribing(id destinationID) (need fakeaws.Need, needsRole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, _ := s.at(id.place()).destinations.Get(id.name)
	need = destinationNeed(subscribeAction, id, d)
	needsRole = slices.ContainsFunc(need.Policy.ContextKeys(), func(key string) bool { return strings.EqualFold(key, "aws:PrincipalOrgID") })
	return need, needsRole
}

// onDestination plans an operation on one destination, with one permission on it.
func onDestination[O any](s *Fake, call *fakeaws.Call, id destinationID, do func(*destination) (O, error)) *fakeaws.Plan[O] {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, _ := s.at(id.place()).destinations.Get(id.name)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{destinationNeed("logs:"+call.Operation, id, d)}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d == nil || d.gone {
			return none, notFound(textNoDestination)
		}
		return do(d)
	}}
}

// putDestination makes a destination of a stream, or changes it: "To perform a PutDestination
// operation, you must also have the iam:PassRole permission."
func (s *Fake) putDestination(call *fakeaws.Call, in *awslogs.PutDestinationInput) (*fakeaws.Plan[*awslogs.PutDestinationOutput], error) {
	if err := cmp.Or(check(in), checkTags(in.Tags)); err != nil {
		return nil, err
	}
	parsed, err := awsarn.Parse(*in.TargetArn)
	if err != nil || parsed.Service != "kinesis" && parsed.Service != "firehose" {
		return nil, invalidParameter(textDestination)
	}
	if err := checkRole(*in.RoleArn); err != nil {
		return nil, err
	}
	id := destinationID{call.Account, call.Region, *in.DestinationName}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, _ := s.at(id.place()).destinations.Get(id.name)
	needs := []fakeaws.Need{destinationNeed("logs:PutDestination", id, found), passRole(*in.RoleArn)}
	setRequestTags(&needs[0], in.Tags)
	return &fakeaws.Plan[*awslogs.PutDestinationOutput]{Needs: needs, Do: func() (*awslogs.PutDestinationOutput, error) {
		if err := s.tryTarget(call, groupID{id.account, id.region, "*"}, receiver{*in.TargetArn, *in.RoleArn}); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		all := &s.shelf(id.place()).destinations
		d, there := all.Get(id.name)
		if d != found && there {
			return nil, &types.OperationAbortedException{Message: aws.String("Multiple concurrent requests to update the same resource were in conflict.")}
		}
		if !there {
			d = &destination{id: id, created: s.now(), tags: maps.Clone(in.Tags)}
			all.Set(id.name, d)
		}
		d.target, d.role = *in.TargetArn, *in.RoleArn
		out := d.describe()
		return &awslogs.PutDestinationOutput{Destination: &out}, nil
	}}, nil
}

func (d *destination) describe() types.Destination {
	out := types.Destination{
		Arn: aws.String(d.id.arn()), DestinationName: aws.String(d.id.name), TargetArn: aws.String(d.target), RoleArn: aws.String(d.role),
		CreationTime: aws.Int64(d.created.UnixMilli()),
	}
	if d.policy != nil {
		out.AccessPolicy = aws.String(d.policy.document)
	}
	return out
}

// maxAccessPolicy is "This document can be up to 5120 bytes".
const maxAccessPolicy = 5120

func (s *Fake) putDestinationPolicy(call *fakeaws.Call, in *awslogs.PutDestinationPolicyInput) (*fakeaws.Plan[*awslogs.PutDestinationPolicyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if len(*in.AccessPolicy) > maxAccessPolicy {
		return nil, invalidParameter(textPolicy)
	}
	return onDestination(s, call, destinationID{call.Account, call.Region, *in.DestinationName}, func(d *destination) (*awslogs.PutDestinationPolicyOutput, error) {
		p, err := s.parsePolicy(call, *in.AccessPolicy, d.id.arn())
		if err != nil {
			return nil, err
		}
		d.policy = &p
		return &awslogs.PutDestinationPolicyOutput{}, nil
	}), nil
}

// deleteDestination deletes a destination. The filters that deliver to it stay, and deliver no
// more: "This eventually disables all the subscription filters that publish to it."
func (s *Fake) deleteDestination(call *fakeaws.Call, in *awslogs.DeleteDestinationInput) (*fakeaws.Plan[*awslogs.DeleteDestinationOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return onDestination(s, call, destinationID{call.Account, call.Region, *in.DestinationName}, func(d *destination) (*awslogs.DeleteDestinationOutput, error) {
		d.gone = true
		s.shelf(d.id.place()).destinations.Delete(d.id.name)
		return &awslogs.DeleteDestinationOutput{}, nil
	}), nil
}

func (s *Fake) describeDestinations(call *fakeaws.Call, in *awslogs.DescribeDestinationsInput) (*fakeaws.Plan[*awslogs.DescribeDestinationsOutput], error) {
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	return onAccount(s, call, in, func() (*awslogs.DescribeDestinationsOutput, error) {
		all := page.Prefixed(s.at(placeOf(call)).destinations.Ascend, aws.ToString(in.DestinationNamePrefix))
		p := page.Of(all, from, page.Size(in.Limit, pageSize), page.Every((*destination).describe))
		return &awslogs.DescribeDestinationsOutput{Destinations: p.Items, NextToken: p.Next}, nil
	})
}
