package scheduler

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) groupOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createScheduleGroup),
		fakeaws.Bind(s.deleteScheduleGroup),
		fakeaws.Bind(s.getScheduleGroup),
		fakeaws.Bind(s.listScheduleGroups),
	}
}

// maxGroups is how many schedule groups an account has in a region ("Quotas for EventBridge
// Scheduler").
const maxGroups = 500

// maxListed is how many things a call lists: as many as it may ask for.
const maxListed = 100

// A group is one schedule group.
type group struct {
	id               groupID
	tags             map[string]string
	token            string // of the call that made it
	created, changed time.Time
	schedules        map[string]*plan
	gone             bool
}

// group finds a schedule group; nil where there is none. The lock is held.
func (s *Fake) group(id groupID) *group {
	g := s.groups[id]
	if g == nil && id.name == defaultName {
		if _, ours := s.world.Account(id.account); ours {
			g = &group{id: id, schedules: make(map[string]*plan)}
			s.groups[id] = g
		}
	}
	return g
}

// groupNeed is one permission on a group, which is there or not. The lock is held.
func (s *Fake) groupNeed(action string, id groupID) (*group, fakeaws.Need) {
	g := s.group(id)
	need := fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account}
	g.setTags(&need.Context)
	return g, need
}

// setTags sets the keys of the tags of a group, which count for its schedules as well.
func (g *group) setTags(c *enforce.Context) {
	if g == nil {
		return
	}
	for key, value := range g.tags {
		c.Set("aws:ResourceTag/"+key, value)
	}
}

func (g *group) exists(id groupID) error {
	if g == nil || g.gone {
		return notFound(textNoGroup, id.name)
	}
	return nil
}

// planned is a plan that is performed under the lock.
func planned[O any](s *Fake, needs []fakeaws.Need, do func() (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}
}

// onGroup plans an operation on one group.
func onGroup[O any](s *Fake, call *fakeaws.Call, in any, id groupID, do func(*group) (O, error), keys ...func(*enforce.Context)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	g, need := s.groupNeed("scheduler:"+call.Operation, id)
	s.mu.Unlock()
	for _, set := range keys {
		set(&need.Context)
	}
	return planned(s, []fakeaws.Need{need}, func() (none O, err error) {
		if err := g.exists(id); err != nil {
			return none, err
		}
		return do(g)
	}), nil
}

func (s *Fake) createScheduleGroup(call *fakeaws.Call, in *awsscheduler.CreateScheduleGroupInput) (*fakeaws.Plan[*awsscheduler.CreateScheduleGroupOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	id := groupAt(call, in.Name)
	need := fakeaws.Need{Action: "scheduler:CreateScheduleGroup", Resource: id.arn(), ResourceAccount: id.account}
	setRequestTags(&need.Context, in.Tags)
	needs := []fakeaws.Need{need}
	if len(in.Tags) > 0 {
		tag := need
		tag.Action, tag.Context = "scheduler:TagResource", need.Context.Clone()
		needs = append(needs, tag)
	}
	return planned(s, needs, func() (*awsscheduler.CreateScheduleGroupOutput, error) {
		out := &awsscheduler.CreateScheduleGroupOutput{ScheduleGroupArn: aws.String(id.arn())}
		if g := s.group(id); g != nil {
			if g.token != "" && g.token == aws.ToString(in.ClientToken) {
				return out, nil
			}
			return nil, conflict(textGroupExists, id.name)
		}
		if len(s.groupsOf(call)) >= maxGroups {
			return nil, tooMany("schedule groups")
		}
		now := s.now()
		s.groups[id] = &group{id: id, tags: tagsOf(in.Tags), token: aws.ToString(in.ClientToken), created: now, changed: now, schedules: make(map[string]*plan)}
		return out, nil
	}), nil
}

// deleteScheduleGroup deletes a group with its schedules, at once: AWS takes its time.
func (s *Fake) deleteScheduleGroup(call *fakeaws.Call, in *awsscheduler.DeleteScheduleGroupInput) (*fakeaws.Plan[*awsscheduler.DeleteScheduleGroupOutput], error) {
	return onGroup(s, call, in, groupAt(call, in.Name), func(g *group) (*awsscheduler.DeleteScheduleGroupOutput, error) {
		if g.id.name == defaultName {
			return nil, invalid(textDefaultGroup)
		}
		for _, p := range g.schedules {
			p.gone = true
		}
		g.gone = true
		delete(s.groups, g.id)
		return &awsscheduler.DeleteScheduleGroupOutput{}, nil
	})
}

func (s *Fake) getScheduleGroup(call *fakeaws.Call, in *awsscheduler.GetScheduleGroupInput) (*fakeaws.Plan[*awsscheduler.GetScheduleGroupOutput], error) {
	return onGroup(s, call, in, groupAt(call, in.Name), func(g *group) (*awsscheduler.GetScheduleGroupOutput, error) {
		e := g.entry()
		return &awsscheduler.GetScheduleGroupOutput{
			Arn: e.Arn, Name: e.Name, State: e.State, CreationDate: e.CreationDate, LastModificationDate: e.LastModificationDate,
		}, nil
	})
}

func (g *group) entry() types.ScheduleGroupSummary {
	return types.ScheduleGroupSummary{
		Arn: aws.String(g.id.arn()), Name: aws.String(g.id.name), State: types.ScheduleGroupStateActive,
		CreationDate: timeOf(g.created), LastModificationDate: timeOf(g.changed),
	}
}

// timeOf is a time in an answer; nil for none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return aws.Time(t)
}

// groupsOf are the groups of the caller in its region, by name. The lock is held.
func (s *Fake) groupsOf(call *fakeaws.Call) []*group {
	s.group(groupAt(call, nil))
	var all []*group
	for id, g := range s.groups {
		if id.account == call.Account && id.region == call.Region {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b *group) int { return strings.Compare(a.id.name, b.id.name) })
	return all
}

// onAccount plans an operation that is about no resource in particular.
func onAccount[O any](s *Fake, call *fakeaws.Call, in any, do func() (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "scheduler:" + call.Operation, Resource: "*", ResourceAccount: call.Account}
	return planned(s, []fakeaws.Need{need}, do), nil
}

// listed is a page of a list that is in the order of keys.
func listed[V, T any](all []V, token *string, size *int32, key func(V) string, show func(V) T) (page.Page[T], error) {
	after, ok := page.After(token)
	if !ok {
		return page.Page[T]{}, invalid(textToken)
	}
	return page.Of(page.Sorted(all, key), after, page.Size(size, maxListed), page.Every(show)), nil
}

func (s *Fake) listScheduleGroups(call *fakeaws.Call, in *awsscheduler.ListScheduleGroupsInput) (*fakeaws.Plan[*awsscheduler.ListScheduleGroupsOutput], error) {
	return onAccount(s, call, in, func() (*awsscheduler.ListScheduleGroupsOutput, error) {
		all := slices.DeleteFunc(s.groupsOf(call), func(g *group) bool { return !strings.HasPrefix(g.id.name, aws.ToString(in.NamePrefix)) })
		p, err := listed(all, in.NextToken, in.MaxResults, func(g *group) string { return g.id.name }, (*group).entry)
		if err != nil {
			return nil, err
		}
		return &awsscheduler.ListScheduleGroupsOutput{ScheduleGroups: p.Items, NextToken: p.Next}, nil
	})
}

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// maxTags is how many tags a group has (AWS General Reference, "Tag quotas").
const maxTags = 50

func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return invalid(textTags)
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid(textTagKey)
		case seen[key]:
			return invalidf(textTagTwice, key)
		}
		seen[key] = true
	}
	return nil
}

func tagsOf(tags []types.Tag) map[string]string {
	all := make(map[string]string, len(tags))
	for _, t := range tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}

func setRequestTags(c *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
}

// onTagged plans an operation on the tags of a group. The model says that the ARN is one.
func onTagged[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*group) (O, error), keys ...func(*enforce.Context)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, ok := parseGroupARN(aws.ToString(arn))
	if !ok {
		return nil, invalid(textARN)
	}
	return onGroup(s, call, in, id, do, keys...)
}

func (s *Fake) tagResource(call *fakeaws.Call, in *awsscheduler.TagResourceInput) (*fakeaws.Plan[*awsscheduler.TagResourceOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return onTagged(s, call, in, in.ResourceArn, func(g *group) (*awsscheduler.TagResourceOutput, error) {
		changed := fakeaws.WithTags(g.tags, tagsOf(in.Tags))
		if len(changed) > maxTags {
			return nil, invalid(textTags)
		}
		g.tags = changed
		return &awsscheduler.TagResourceOutput{}, nil
	}, func(c *enforce.Context) { setRequestTags(c, in.Tags) })
}

func (s *Fake) untagResource(call *fakeaws.Call, in *awsscheduler.UntagResourceInput) (*fakeaws.Plan[*awsscheduler.UntagResourceOutput], error) {
	return onTagged(s, call, in, in.ResourceArn, func(g *group) (*awsscheduler.UntagResourceOutput, error) {
		g.tags = fakeaws.WithoutTags(g.tags, in.TagKeys)
		return &awsscheduler.UntagResourceOutput{}, nil
	}, func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) })
}

func (s *Fake) listTagsForResource(call *fakeaws.Call, in *awsscheduler.ListTagsForResourceInput) (*fakeaws.Plan[*awsscheduler.ListTagsForResourceOutput], error) {
	return onTagged(s, call, in, in.ResourceArn, func(g *group) (*awsscheduler.ListTagsForResourceOutput, error) {
		out := &awsscheduler.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(g.tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(g.tags[key])})
		}
		return out, nil
	})
}
