package cloudwatchlogs

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagLogGroup),
		fakeaws.Bind(s.untagLogGroup),
		fakeaws.Bind(s.listTagsLogGroup),
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// The bounds of tags (API reference, "Tags": "Maximum number of 50 items").
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalidParameter(textManyTags)
	}
	for key, value := range tags {
		if key == "" || utf8.RuneCountInString(key) > maxTagKey || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalidParameter(textTagKey)
		}
		if utf8.RuneCountInString(value) > maxTagValue {
			return invalidParameter(textTagValue)
		}
	}
	return nil
}

// setRequestTags sets the condition keys of the tags of a request.
func setRequestTags(need *fakeaws.Need, tags map[string]string) {
	fakeaws.SetRequestTags(&need.Context, slices.Sorted(maps.Keys(tags)), func(key string) (string, string) { return key, tags[key] })
}

// retag adds tags to those that there are.
func retag(tags *map[string]string, more map[string]string) error {
	all := fakeaws.WithTags(*tags, more)
	if len(all) > maxTags {
		return &types.TooManyTagsException{Message: ptr(textManyTags)}
	}
	*tags = all
	return nil
}

func ptr(text string) *string { return &text }

// shown are tags as answers have them: also without any there is a map.
func shown(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return maps.Clone(tags)
}

func (s *Fake) tagLogGroup(call *fakeaws.Call, in *awslogs.TagLogGroupInput) (*fakeaws.Plan[*awslogs.TagLogGroupOutput], error) {
	if err := cmp.Or(check(in), checkTags(in.Tags)); err != nil {
		return nil, err
	}
	plan := onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.TagLogGroupOutput, error) {
		if err := retag(&g.tags, in.Tags); err != nil {
			return nil, invalidParameter(textManyTags) // the operation has no error of its own for it
		}
		return &awslogs.TagLogGroupOutput{}, nil
	})
	setRequestTags(&plan.Needs[0], in.Tags)
	return plan, nil
}

func (s *Fake) untagLogGroup(call *fakeaws.Call, in *awslogs.UntagLogGroupInput) (*fakeaws.Plan[*awslogs.UntagLogGroupOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	plan := onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.UntagLogGroupOutput, error) {
		g.tags = fakeaws.WithoutTags(g.tags, in.Tags)
		return &awslogs.UntagLogGroupOutput{}, nil
	})
	fakeaws.SetTagKeys(&plan.Needs[0].Context, in.Tags)
	return plan, nil
}

func (s *Fake) listTagsLogGroup(call *fakeaws.Call, in *awslogs.ListTagsLogGroupInput) (*fakeaws.Plan[*awslogs.ListTagsLogGroupOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.ListTagsLogGroupOutput, error) {
		return &awslogs.ListTagsLogGroupOutput{Tags: shown(g.tags)}, nil
	}), nil
}

// onTags plans an operation on the tags of a resource, by its ARN: a log group or a
// destination.
func onTags[O any](s *Fake, call *fakeaws.Call, in any, arn string, do func(tags *map[string]string) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if id, stream, ok := parseARN(arn); ok && stream == "" && !strings.HasSuffix(arn, "*") {
		g, need := s.lookUp(call, "logs:"+call.Operation, id, id.arn())
		return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: doOn(s, g, func(g *group) (O, error) { return do(&g.tags) })}, nil
	}
	if id, ok := parseDestinationARN(arn); ok {
		return onDestination(s, call, id, func(d *destination) (O, error) { return do(&d.tags) }), nil
	}
	if parsed, err := awsarn.Parse(arn); err == nil && parsed.Service == serviceName {
		kind, _, _ := strings.Cut(parsed.Resource, ":")
		return nil, notImplemented("the tags of a resource of the kind " + kind)
	}
	return nil, invalidParameter(textNoResource)
}

func (s *Fake) tagResource(call *fakeaws.Call, in *awslogs.TagResourceInput) (*fakeaws.Plan[*awslogs.TagResourceOutput], error) {
	plan, err := onTags(s, call, in, aws.ToString(in.ResourceArn), func(tags *map[string]string) (*awslogs.TagResourceOutput, error) {
		return &awslogs.TagResourceOutput{}, retag(tags, in.Tags)
	})
	if err := cmp.Or(err, checkTags(in.Tags)); err != nil {
		return nil, err
	}
	setRequestTags(&plan.Needs[0], in.Tags)
	return plan, nil
}

func (s *Fake) untagResource(call *fakeaws.Call, in *awslogs.UntagResourceInput) (*fakeaws.Plan[*awslogs.UntagResourceOutput], error) {
	plan, err := onTags(s, call, in, aws.ToString(in.ResourceArn), func(tags *map[string]string) (*awslogs.UntagResourceOutput, error) {
		*tags = fakeaws.WithoutTags(*tags, in.TagKeys)
		return &awslogs.UntagResourceOutput{}, nil
	})
	if err != nil {
		return nil, err
	}
	fakeaws.SetTagKeys(&plan.Needs[0].Context, in.TagKeys)
	return plan, nil
}

func (s *Fake) listTagsForResource(call *fakeaws.Call, in *awslogs.ListTagsForResourceInput) (*fakeaws.Plan[*awslogs.ListTagsForResourceOutput], error) {
	return onTags(s, call, in, aws.ToString(in.ResourceArn), func(tags *map[string]string) (*awslogs.ListTagsForResourceOutput, error) {
		return &awslogs.ListTagsForResourceOutput{Tags: shown(*tags)}, nil
	})
}
