package cloudwatchlogs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) groupOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createLogGroup),
		fakeaws.Bind(s.deleteLogGroup),
		fakeaws.Bind(s.putRetentionPolicy),
		fakeaws.Bind(s.deleteRetentionPolicy),
		fakeaws.Bind(s.putLogGroupDeletionProtection),
	}
}

const (
	// maxGroups is "Log groups: 1,000,000 log groups per account per Region" of the quotas.
	maxGroups = 1_000_000
	// deliveryRetention is that of the DELIVERY class: "If you create a log group of the
	// DELIVERY class, the retention is set to one day".
	deliveryRetention = 1
)

// createLogGroup makes a log group. Tags take one of two permissions more: "To assign tags
// when you create a log group, you must have either the logs:TagResource or logs:TagLogGroup
// permission".
func (s *Fake) createLogGroup(call *fakeaws.Call, in *awslogs.CreateLogGroupInput) (*fakeaws.Plan[*awslogs.CreateLogGroupOutput], error) {
	id := named(call, in.LogGroupName)
	checked := *in
	if in.LogGroupName != nil {
		checked.LogGroupName = &id.name
	}
	if err := cmp.Or(checkNames(&id.name), check(&checked), checkTags(in.Tags)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	needs := []fakeaws.Need{s.need(call, "logs:CreateLogGroup", id, id.whole())}
	setRequestTags(&needs[0], in.Tags)
	if in.Tags != nil {
		for entry, action := range []string{"logs:TagResource", "logs:TagLogGroup"} {
			resource := id.arn()
			if action == "logs:TagLogGroup" {
				resource = id.whole()
			}
			tag := s.need(call, action, id, resource)
			tag.Optional, tag.Entry = true, entry+1
			setRequestTags(&tag, in.Tags)
			needs = append(needs, tag)
		}
	}
	return &fakeaws.Plan[*awslogs.CreateLogGroupOutput]{Needs: needs, Do: func() (*awslogs.CreateLogGroupOutput, error) {
		if in.Tags != nil && call.EntryDenied(1) && call.EntryDenied(2) {
			return nil, accessDenied(fmt.Sprintf(textTagOnCreate, call.Account))
		}
		key, err := s.keyFor(call, id, in.KmsKeyId)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return &awslogs.CreateLogGroupOutput{}, s.create(id, in, key)
	}}, nil
}

// create makes a log group. The lock is held.
func (s *Fake) create(id groupID, in *awslogs.CreateLogGroupInput, key string) error {
	there := s.shelf(id.place())
	if _, exists := there.groups.Get(id.name); exists {
		return alreadyExists(textGroupExists)
	}
	if there.groups.Len() >= maxGroups {
		return limitExceeded()
	}
	g := &group{
		id: id, class: cmp.Or(in.LogGroupClass, types.LogGroupClassStandard), created: s.now(), key: key,
		protected: aws.ToBool(in.DeletionProtectionEnabled), tags: maps.Clone(in.Tags),
	}
	if g.class == types.LogGroupClassDelivery {
		g.retention = deliveryRetention
	}
	there.groups.Set(id.name, g)
	return nil
}

// deleteLogGroup deletes a log group with all that it has.
func (s *Fake) deleteLogGroup(call *fakeaws.Call, in *awslogs.DeleteLogGroupInput) (*fakeaws.Plan[*awslogs.DeleteLogGroupOutput], error) {
	if err := cmp.Or(checkNames(in.LogGroupName), check(in)); err != nil {
		return nil, err
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.DeleteLogGroupOutput, error) {
		if g.protected {
			return nil, invalid(textProtected)
		}
		g.gone = true
		s.shelf(g.id.place()).groups.Delete(g.id.name)
		return &awslogs.DeleteLogGroupOutput{}, nil
	}), nil
}

// retentions are the days for which events can be kept (API reference, PutRetentionPolicy).
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (s *Fake) putRetentionPolicy(call *fakeaws.Call, in *awslogs.PutRetentionPolicyInput) (*fakeaws.Plan[*awslogs.PutRetentionPolicyOutput], error) {
	if err := cmp.Or(checkNames(in.LogGroupName), check(in)); err != nil {
		return nil, err
	}
	if !slices.Contains(retentions, *in.RetentionInDays) {
		return nil, invalidParameter(textRetention)
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.PutRetentionPolicyOutput, error) {
		if g.class == types.LogGroupClassDelivery && *in.RetentionInDays != deliveryRetention {
			return nil, invalidParameter(textDeliveryRetention)
		}
		g.expire(s.now()) // what is over stays over
		g.retention = *in.RetentionInDays
		return &awslogs.PutRetentionPolicyOutput{}, nil
	}), nil
}

// deleteRetentionPolicy has events kept for ever. That a group without a policy is fine is
// unverified.
func (s *Fake) deleteRetentionPolicy(call *fakeaws.Call, in *awslogs.DeleteRetentionPolicyInput) (*fakeaws.Plan[*awslogs.DeleteRetentionPolicyOutput], error) {
	if err := cmp.Or(checkNames(in.LogGroupName), check(in)); err != nil {
		return nil, err
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.DeleteRetentionPolicyOutput, error) {
		if g.class == types.LogGroupClassDelivery {
			return nil, invalidParameter(textDeliveryRetention)
		}
		g.expire(s.now())
		g.retention = 0
		return &awslogs.DeleteRetentionPolicyOutput{}, nil
	}), nil
}

func (s *Fake) putLogGroupDeletionProtection(call *fakeaws.Call, in *awslogs.PutLogGroupDeletionProtectionInput) (*fakeaws.Plan[*awslogs.PutLogGroupDeletionProtectionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := identify(call, *in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	return onGroup(s, call, id, func(g *group) (*awslogs.PutLogGroupDeletionProtectionOutput, error) {
		g.protected = *in.DeletionProtectionEnabled
		return &awslogs.PutLogGroupDeletionProtectionOutput{}, nil
	}), nil
}
