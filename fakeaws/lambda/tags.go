package lambda

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTags),
	}
}

// The limits of the developer guide's page "Using tags on Lambda functions".
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func sortedTags(tags map[string]string) []fakeaws.Tag {
	list := make([]fakeaws.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, fakeaws.Tag{Key: key, Value: tags[key]})
	}
	return list
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalidParameter(textTagCount)
	}
	for key, value := range tags {
		if key == "" || utf8.RuneCountInString(key) > maxTagKey || utf8.RuneCountInString(value) > maxTagValue || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalidParameter(textManyTags)
		}
	}
	return nil
}

// A tagged thing is what has tags: a function, an event source mapping or a code signing
// config.
type tagged struct {
	need fakeaws.Need
	// tags returns the place of the tags, or says that the thing is gone.
	tags func() (*map[string]string, error)
}

// taggedAt finds what an ARN names.
func (s *Fake) taggedAt(call *fakeaws.Call, in any, arn *string) (*tagged, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	action := "lambda:" + call.Operation
	if ref, ok := parseFunctionARN(*arn); ok {
		if ref.qualifier != "" {
			return nil, invalidParameter(textTagQualified)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		t := &target{function: s.functions[ref.id], ref: ref, need: s.need(action, ref)}
		return &tagged{t.need, func() (*map[string]string, error) {
			if err := t.exists(); err != nil {
				return nil, err
			}
			return &t.tags, nil
		}}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := &tagged{need: fakeaws.Need{Action: action, Resource: *arn, ResourceAccount: accountOf(*arn)}}
	_, id, _ := strings.Cut(*arn, ":event-source-mapping:")
	if m := s.mappings[id]; m != nil && m.arn() == *arn {
		m.guard(&found.need)
		found.tags = func() (*map[string]string, error) {
			if s.mappings[id] != m {
				return nil, resourceNotFound("Event source mapping not found: " + *arn)
			}
			return &m.tags, nil
		}
		return found, nil
	}
	if c := s.signing[*arn]; c != nil {
		c.guard(&found.need)
		found.tags = func() (*map[string]string, error) {
			if s.signing[*arn] != c {
				return nil, noSigningConfig(*arn)
			}
			return &c.tags, nil
		}
		return found, nil
	}
	found.tags = func() (*map[string]string, error) { return nil, untaggable(*arn) }
	return found, nil
}

// untaggable is the error of a thing that there is not.
func untaggable(arn string) error {
	switch {
	case strings.Contains(arn, ":event-source-mapping:"):
		return resourceNotFound("Event source mapping not found: " + arn)
	case strings.Contains(arn, ":capacity-provider:"):
		return resourceNotFound("Capacity provider not found: " + arn)
	case strings.Contains(arn, ":code-signing-config:"):
		return noSigningConfig(arn)
	}
	return resourceNotFound(textNoResource)
}

// onTags plans an operation on tags.
func onTags[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*map[string]string) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	found, err := s.taggedAt(call, in, arn)
	if err != nil {
		return nil, err
	}
	for _, set := range keys {
		set(&found.need.Context)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{found.need}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		tags, err := found.tags()
		if err != nil {
			return none, err
		}
		return do(tags)
	}}, nil
}

// tagResource adds tags, in place of those of the same keys.
func (s *Fake) tagResource(call *fakeaws.Call, in *awslambda.TagResourceInput) (*fakeaws.Plan[*awslambda.TagResourceOutput], error) {
	return onTags(s, call, in, in.Resource, func(tags *map[string]string) (*awslambda.TagResourceOutput, error) {
		if len(in.Tags) == 0 {
			return nil, invalidParameter(textNoTags)
		}
		changed := fakeaws.WithTags(*tags, in.Tags)
		if err := checkTags(changed); err != nil {
			return nil, err
		}
		*tags = changed
		return &awslambda.TagResourceOutput{}, nil
	}, requestTags(in.Tags))
}

// untagResource removes tags. Keys that there are not are fine.
func (s *Fake) untagResource(call *fakeaws.Call, in *awslambda.UntagResourceInput) (*fakeaws.Plan[*awslambda.UntagResourceOutput], error) {
	return onTags(s, call, in, in.Resource, func(tags *map[string]string) (*awslambda.UntagResourceOutput, error) {
		*tags = fakeaws.WithoutTags(*tags, in.TagKeys)
		return &awslambda.UntagResourceOutput{}, nil
	}, func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) })
}

func (s *Fake) listTags(call *fakeaws.Call, in *awslambda.ListTagsInput) (*fakeaws.Plan[*awslambda.ListTagsOutput], error) {
	return onTags(s, call, in, in.Resource, func(tags *map[string]string) (*awslambda.ListTagsOutput, error) {
		out := &awslambda.ListTagsOutput{Tags: maps.Clone(*tags)}
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		return out, nil
	})
}

// accountOf is the account in an ARN.
func accountOf(arn string) string {
	const before = 4
	parts := strings.SplitN(arn, ":", before+2)
	if len(parts) <= before {
		return ""
	}
	return parts[before]
}
