package sns

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Take implements [fakeaws.Target]: what services deliver to a topic is published to it.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	id, ok := parseTopicARN(d.Target)
	if !ok {
		return nil, errors.New(d.Target + " is no topic")
	}
	in := &awssns.PublishInput{TopicArn: &d.Target, Message: aws.String(string(d.Body))}
	if d.Subject != "" {
		in.Subject = &d.Subject
	}
	if len(d.Attributes) > 0 {
		in.MessageAttributes = make(map[string]types.MessageAttributeValue, len(d.Attributes))
		for name, a := range d.Attributes {
			value := types.MessageAttributeValue{DataType: aws.String(a.Type), BinaryValue: a.Binary}
			if a.Binary == nil {
				value.StringValue = aws.String(a.String)
			}
			in.MessageAttributes[name] = value
		}
	}
	if d.GroupID != "" {
		in.MessageGroupId = &d.GroupID
	}
	if d.DeduplicationID != "" && isFIFO(id.name) {
		in.MessageDeduplicationId = &d.DeduplicationID
	}
	return in, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	id, ok := parseTopicARN(arn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topics[id] != nil
}
