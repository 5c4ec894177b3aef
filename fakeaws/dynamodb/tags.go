package dynamodb

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.tagResource), bind(s.untagResource), bind(s.listTagsOfResource)}
}

// The limits of tags (developer guide, "Tagging restrictions in DynamoDB").
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
	// tagPage is how many tags ListTagsOfResource answers at once: unverified.
	tagPage = 10
)

func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return invalid(textManyTags)
	}
	seen := make(map[string]bool, len(tags))
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || len([]rune(key)) > maxTagKey || len([]rune(aws.ToString(t.Value))) > maxTagValue:
			return invalid(textTagKey)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid(textTagReserved)
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
		all[*t.Key] = aws.ToString(t.Value)
	}
	return all
}

func setRequestTags(c *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
}

// tagged finds the table of an ARN that is tagged.
func (s *Fake) tagged(call *fakeaws.Call, arn *string) (*target, error) {
	if !strings.HasPrefix(*arn, "arn:") {
		return nil, invalidf(textARN, "ResourceArn", *arn)
	}
	return s.target(call, arn)
}

// onTags plans an operation on the tags of a table.
func onTags[O any](s *Fake, t *target, need fakeaws.Need, do func(*table) (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.table == nil || t.table.gone {
			return none, notFoundf(textTagNotFound, t.named)
		}
		return do(t.table)
	}}
}

// tagResource adds tags, in place of those of the same keys.
func (s *Fake) tagResource(call *fakeaws.Call, in *dynamodb.TagResourceInput) (*fakeaws.Plan[*dynamodb.TagResourceOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	t, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	need := t.need("dynamodb:TagResource")
	setRequestTags(&need.Context, in.Tags)
	return onTags(s, t, need, func(t *table) (*dynamodb.TagResourceOutput, error) {
		tags := fakeaws.WithTags(t.tags, tagsOf(in.Tags))
		if len(tags) > maxTags {
			return nil, invalid(textManyTags)
		}
		t.tags = tags
		return &dynamodb.TagResourceOutput{}, nil
	}), nil
}

// untagResource removes tags.
func (s *Fake) untagResource(call *fakeaws.Call, in *dynamodb.UntagResourceInput) (*fakeaws.Plan[*dynamodb.UntagResourceOutput], error) {
	t, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	need := t.need("dynamodb:UntagResource")
	fakeaws.SetTagKeys(&need.Context, in.TagKeys)
	return onTags(s, t, need, func(t *table) (*dynamodb.UntagResourceOutput, error) {
		t.tags = fakeaws.WithoutTags(t.tags, in.TagKeys)
		return &dynamodb.UntagResourceOutput{}, nil
	}), nil
}

// listTagsOfResource lists the tags by key. The token is the last key of the page before.
func (s *Fake) listTagsOfResource(call *fakeaws.Call, in *dynamodb.ListTagsOfResourceInput) (*fakeaws.Plan[*dynamodb.ListTagsOfResourceOutput], error) {
	t, err := s.tagged(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return onTags(s, t, t.need("dynamodb:ListTagsOfResource"), func(t *table) (*dynamodb.ListTagsOfResourceOutput, error) {
		out := &dynamodb.ListTagsOfResourceOutput{Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(t.tags)) {
			if in.NextToken != nil && key <= *in.NextToken {
				continue
			}
			if len(out.Tags) == tagPage {
				out.NextToken = out.Tags[tagPage-1].Key
				break
			}
			out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(t.tags[key])})
		}
		return out, nil
	}), nil
}
