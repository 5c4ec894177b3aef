package sns

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) topicOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.createTopic),
		signed(s.deleteTopic),
		signed(s.listTopics),
	}
}

// pageSize is how many things a list call returns at most.
const pageSize = 100

// createTopic makes a topic. An existing topic of the name is answered as if it were new,
// unless the call asks for an attribute or a tag that the topic does not have.
func (s *Fake) createTopic(call *fakeaws.Call, in *awssns.CreateTopicInput) (*fakeaws.Plan[*awssns.CreateTopicOutput], error) {
	switch {
	case in.Name == nil:
		return nil, required("Name")
	case call.Account == "":
		return nil, authorizationError(textNoAccount)
	case len(in.Tags) > maxTags:
		return nil, tooManyTags()
	case len(*in.Name) > maxNameSize:
		return nil, invalidParameter(textTopicName)
	}
	id := topicID{call.Account, call.Region, *in.Name}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.topics[id]
	needs := []fakeaws.Need{s.need(call, "sns:CreateTopic", id, ownerOnly)}
	if len(in.Tags) > 0 {
		// "To be able to tag a topic on creation, you must have the sns:CreateTopic and
		// sns:TagResource permissions" (API reference).
		needs = append(needs, s.need(call, "sns:TagResource", id, ownerOnly))
		for i := range needs {
			requestTags(in.Tags)(&needs[i].Context)
		}
	}
	return &fakeaws.Plan[*awssns.CreateTopicOutput]{Needs: needs, Do: func() (*awssns.CreateTopicOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.create(call, id, in, found); err != nil {
			return nil, err
		}
		return &awssns.CreateTopicOutput{TopicArn: aws.String(id.arn())}, nil
	}}, nil
}

// create makes a topic, or finds that there is one as the call wants it. The call was judged
// by the tags and the policy of the topic that was found before, if any: when there is
// another now, nothing is made.
func (s *Fake) create(call *fakeaws.Call, id topicID, in *awssns.CreateTopicInput, found *topic) error {
	fifo := isTrue(in.Attributes[attrFIFO])
	if err := checkNewName(id.name, fifo); err != nil {
		return err
	}
	t := s.topics[id]
	switch {
	case t != found:
		return &types.ConcurrentAccessException{Message: aws.String("The topic was changed at the same time.")}
	case t != nil:
		return s.agrees(call, t, in)
	}
	t = &topic{id: id, arn: id.arn(), fifo: fifo}
	if err := t.begin(s.world); err != nil {
		return err
	}
	changed, err := s.change(call, t, in.Attributes, true)
	if err != nil {
		return err
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if err := checkProtection(in.DataProtectionPolicy); err != nil {
		return err
	}
	t.settings, t.tags, t.protection = changed, tagsOf(in.Tags), aws.ToString(in.DataProtectionPolicy)
	s.topics[id] = t
	return nil
}

// agrees refuses a call that wants an existing topic to be otherwise.
func (s *Fake) agrees(call *fakeaws.Call, t *topic, in *awssns.CreateTopicInput) error {
	changed, err := s.change(call, t, in.Attributes, true)
	if err != nil {
		return err
	}
	if !maps.Equal(changed.values, t.values) || changed.policy.Document() != t.policy.Document() {
		return invalidParameter(textOtherAttributes)
	}
	if len(in.Tags) > 0 && !maps.Equal(tagsOf(in.Tags), t.tags) {
		return invalidParameter(textOtherTags)
	}
	return nil
}

// checkNewName checks a topic's name: that of a FIFO topic, and no other, ends with .fifo.
func checkNewName(name string, fifo bool) error {
	stem, suffixed := strings.CutSuffix(name, fifoSuffix)
	switch {
	case fifo && (!suffixed || !isName(stem)):
		return invalidParameter(textFIFOName)
	case !fifo && !isName(name):
		return invalidParameter(textTopicName)
	}
	return nil
}

// deleteTopic deletes a topic with its subscriptions. One that does not exist is fine.
func (s *Fake) deleteTopic(call *fakeaws.Call, in *awssns.DeleteTopicInput) (*fakeaws.Plan[*awssns.DeleteTopicOutput], error) {
	id, err := topicAt(call, "TopicArn", in.TopicArn)
	if err != nil {
		return nil, err
	}
	t, need := s.lookUp(call, "sns:DeleteTopic", id, shareable)
	return &fakeaws.Plan[*awssns.DeleteTopicOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssns.DeleteTopicOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.exists() == nil {
			t.deleted = true
			delete(s.topics, id)
			for _, sub := range t.subs {
				sub.deleted = true
				delete(s.subscriptions, sub.arn)
			}
		}
		return &awssns.DeleteTopicOutput{}, nil
	}}, nil
}

// listTopics lists the caller's topics in the call's region.
func (s *Fake) listTopics(call *fakeaws.Call, in *awssns.ListTopicsInput) (*fakeaws.Plan[*awssns.ListTopicsOutput], error) {
	return onAccount(s, call, "sns:ListTopics", func() (*awssns.ListTopicsOutput, error) {
		var arns []string
		for id, t := range s.topics {
			if id.account == call.Account && id.region == call.Region {
				arns = append(arns, t.arn)
			}
		}
		p, err := listed(arns, in.NextToken, pageSize, func(arn string) types.Topic { return types.Topic{TopicArn: &arn} })
		if err != nil {
			return nil, err
		}
		return &awssns.ListTopicsOutput{Topics: p.Items, NextToken: p.Next}, nil
	})
}

// listed returns the page that follows a token of the things of some keys, in the order of
// these.
func listed[T any](keys []string, token *string, size int, show func(string) T) (page.Page[T], error) {
	if aws.ToString(token) == "" {
		token = nil
	}
	after, ok := page.After(token)
	if !ok {
		return page.Page[T]{}, invalidParameter(textNextToken)
	}
	slices.Sort(keys)
	return page.Of(page.Sorted(keys, func(key string) string { return key }), after, size, page.Every(show)), nil
}
