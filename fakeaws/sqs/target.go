package sqs

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Take implements [fakeaws.Target]: what services deliver to a queue is sent to it. A queue
// that is not FIFO gets the group of a message too, which SQS uses for fair queues.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	id, ok := parseARN(d.Target)
	if !ok {
		return nil, errors.New(d.Target + " is no queue")
	}
	in := &awssqs.SendMessageInput{
		QueueUrl:    aws.String("https://sqs." + id.region + ".amazonaws.com/" + id.account + "/" + id.name),
		MessageBody: aws.String(string(d.Body)),
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
	if d.DeduplicationID != "" && strings.HasSuffix(id.name, ".fifo") {
		in.MessageDeduplicationId = &d.DeduplicationID
	}
	if d.TraceHeader != "" {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: &d.TraceHeader},
		}
	}
	return in, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	id, ok := parseARN(arn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queues[id] != nil
}
