package stepfunctions

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// maxTags is how many tags a resource has ("Restrictions related to tagging").
const maxTags = 50

func tooManyTags(arn string) error {
	return &types.TooManyTags{Message: aws.String(textManyTags), ResourceName: &arn}
}

// checkTags refuses tags that nothing can have.
func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return tooManyTags("")
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := aws.ToString(t.Key)
		if key == "" || strings.HasPrefix(strings.ToLower(key), "aws:") || seen[key] {
			return &fakeaws.Error{Code: "ValidationException", Message: *text(textTag, []any{key}), Status: 400}
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

// tagOnCreate is the permission to tag what a request makes with tags, which it adds to the
// keys of the permission to make it.
func tagOnCreate(tags []types.Tag, arn, account string, create *fakeaws.Need) []fakeaws.Need {
	if len(tags) == 0 {
		return nil
	}
	setRequestTags(&create.Context, tags)
	tag := need("TagResource", arn, account, nil)
	setRequestTags(&tag.Context, tags)
	return []fakeaws.Need{tag}
}

// onTagged plans an operation on the tags of a state machine or an activity.
func onTagged[O any](s *Fake, call *fakeaws.Call, in any, arn *string, set func(*enforce.Context), do func(*map[string]string) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, arn, kindMachine, kindActivity)
	if err != nil {
		return nil, err
	}
	if ref.rest != "" {
		return nil, invalidARN(textResourceType, ref.text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var tags *map[string]string
	var gone *bool
	if m := s.machines[ref.resourceID]; m != nil && ref.kind == kindMachine {
		tags, gone = &m.tags, &m.gone
	}
	if a := s.activities[ref.resourceID]; a != nil && ref.kind == kindActivity {
		tags, gone = &a.tags, &a.gone
	}
	var present map[string]string
	if tags != nil {
		present = *tags
	}
	n := need(call.Operation, ref.text, ref.account, present)
	if set != nil {
		set(&n.Context)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{n}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if tags == nil || *gone {
			return none, notFound(ref.text)
		}
		return do(tags)
	}}, nil
}

func (s *Fake) tagResource(call *fakeaws.Call, in *sfn.TagResourceInput) (*fakeaws.Plan[*sfn.TagResourceOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	set := func(c *enforce.Context) { setRequestTags(c, in.Tags) }
	return onTagged(s, call, in, in.ResourceArn, set, func(tags *map[string]string) (*sfn.TagResourceOutput, error) {
		changed := maps.Clone(*tags)
		maps.Copy(changed, tagsOf(in.Tags))
		if len(changed) > maxTags {
			return nil, tooManyTags(*in.ResourceArn)
		}
		*tags = changed
		return &sfn.TagResourceOutput{}, nil
	})
}

func (s *Fake) untagResource(call *fakeaws.Call, in *sfn.UntagResourceInput) (*fakeaws.Plan[*sfn.UntagResourceOutput], error) {
	if len(in.TagKeys) > maxTags {
		return nil, tooManyTags(aws.ToString(in.ResourceArn))
	}
	set := func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) }
	return onTagged(s, call, in, in.ResourceArn, set, func(tags *map[string]string) (*sfn.UntagResourceOutput, error) {
		changed := maps.Clone(*tags)
		for _, key := range in.TagKeys {
			delete(changed, key)
		}
		*tags = changed
		return &sfn.UntagResourceOutput{}, nil
	})
}

func (s *Fake) listTagsForResource(call *fakeaws.Call, in *sfn.ListTagsForResourceInput) (*fakeaws.Plan[*sfn.ListTagsForResourceOutput], error) {
	return onTagged(s, call, in, in.ResourceArn, nil, func(tags *map[string]string) (*sfn.ListTagsForResourceOutput, error) {
		out := &sfn.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(*tags)) {
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String((*tags)[key])})
		}
		return out, nil
	})
}
