package sqs

import (
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagQueue),
		fakeaws.Bind(s.untagQueue),
		fakeaws.Bind(s.listQueueTags),
	}
}

// The limits of the developer guide's page on queue quotas.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
	// maxUntagged is how many keys a call may remove: as many as a queue can have tags.
	// That SQS refuses more, and how, is unverified.
	maxUntagged = maxTags
)

// tagQueue adds tags to a queue, in place of those of the same keys.
func (s *Fake) tagQueue(call *fakeaws.Call, in *awssqs.TagQueueInput) (*fakeaws.Plan[*awssqs.TagQueueOutput], error) {
	if err := checkTagCount(in.QueueUrl, call, len(in.Tags)); err != nil {
		return nil, err
	}
	return onQueue(s, call, in.QueueUrl, "sqs:TagQueue", ownerOnly, func(q *queue) (*awssqs.TagQueueOutput, error) {
		if len(in.Tags) == 0 {
			return nil, missingParameter("Tags")
		}
		if err := q.tag(in.Tags); err != nil {
			return nil, err
		}
		return &awssqs.TagQueueOutput{}, nil
	}, requestTags(in.Tags))
}

// untagQueue removes tags from a queue. Keys that it does not have are fine.
func (s *Fake) untagQueue(call *fakeaws.Call, in *awssqs.UntagQueueInput) (*fakeaws.Plan[*awssqs.UntagQueueOutput], error) {
	if len(in.TagKeys) > maxUntagged {
		return nil, invalidParameter(textUntagged)
	}
	return onQueue(s, call, in.QueueUrl, "sqs:UntagQueue", ownerOnly, func(q *queue) (*awssqs.UntagQueueOutput, error) {
		if len(in.TagKeys) == 0 {
			return nil, missingParameter("TagKeys")
		}
		for _, key := range in.TagKeys {
			delete(q.tags, key)
		}
		return &awssqs.UntagQueueOutput{}, nil
	}, tagKeys(in.TagKeys))
}

// listQueueTags returns the tags of a queue.
func (s *Fake) listQueueTags(call *fakeaws.Call, in *awssqs.ListQueueTagsInput) (*fakeaws.Plan[*awssqs.ListQueueTagsOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:ListQueueTags", ownerOnly, func(q *queue) (*awssqs.ListQueueTagsOutput, error) {
		out := new(awssqs.ListQueueTagsOutput) // without the member when there are none
		if len(q.tags) > 0 {
			out.Tags = maps.Clone(q.tags)
		}
		return out, nil
	})
}

// checkTagCount refuses more tags than any queue can have, before each of them becomes a
// condition key.
func checkTagCount(url *string, call *fakeaws.Call, tags int) error {
	if tags <= maxTags || url == nil {
		return nil
	}
	id, err := parseURL(*url, call.Region)
	if err != nil {
		return err
	}
	return tooManyTags(id.name)
}

func tooManyTags(queue string) error {
	return invalidParameter(fmt.Sprintf("Too many tags added for queue %s.", queue))
}

// tag adds tags, all or none.
func (q *queue) tag(tags map[string]string) error {
	added := 0
	for key, value := range tags {
		if err := checkTag(key, value); err != nil {
			return err
		}
		if _, ok := q.tags[key]; !ok {
			added++
		}
	}
	if len(q.tags)+added > maxTags {
		return tooManyTags(q.id.name)
	}
	if q.tags == nil {
		q.tags = make(map[string]string, len(tags))
	}
	maps.Copy(q.tags, tags)
	return nil
}

func checkTag(key, value string) error {
	switch {
	case key == "" || utf8.RuneCountInString(key) > maxTagKey:
		return invalidParameter(textTagKey)
	case utf8.RuneCountInString(value) > maxTagValue:
		return invalidParameter(textTagValue)
	case isReserved(key) || isReserved(value):
		return invalidParameter(textTagReserved)
	case strings.ContainsFunc(key, notTagRune) || strings.ContainsFunc(value, notTagRune):
		return invalidParameter(textTagCharacters)
	}
	return nil
}

func isReserved(s string) bool { return strings.HasPrefix(strings.ToLower(s), "aws:") }

func notTagRune(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_.:/=+-@", r)
}
