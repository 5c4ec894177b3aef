package sns

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// sendToQueue sends a message to a queue as SNS itself, on behalf of the topic. The queue's
// policy is asked like for any call, and the log has the answer. A message for a dead-letter
// queue has attributes that say why it is there; that they are those is unverified.
func (s *Fake) sendToQueue(call *fakeaws.Call, d *delivery, queue string, why error) error {
	arn, err := awsarn.Parse(queue)
	if err != nil {
		return err // it was checked
	}
	if !s.world.Has("sqs") {
		return errors.New("this World has no SQS")
	}
	in := &sqs.SendMessageInput{QueueUrl: aws.String("https://sqs." + arn.Region + ".amazonaws.com/" + arn.AccountID + "/" + arn.Resource)}
	in.MessageBody = aws.String(s.bodyFor(d))
	if d.raw && d.confirmation == "" {
		in.MessageAttributes = queueAttributes(d)
	}
	if why != nil {
		if in.MessageAttributes == nil {
			in.MessageAttributes = make(map[string]sqstypes.MessageAttributeValue, 3)
		}
		for name, value := range failureAttributes(call, why) {
			in.MessageAttributes[name] = sqstypes.MessageAttributeValue{DataType: aws.String(typeString), StringValue: aws.String(value)}
		}
	}
	if d.groupID != "" {
		in.MessageGroupId = &d.groupID
	}
	if isFIFO(arn.Resource) && d.deduplication != "" {
		in.MessageDeduplicationId = &d.deduplication
	}
	_, err = fakeaws.Do[sqs.SendMessageOutput](background(call), s.world, d.asService(arn.Region), in)
	return err
}

// bodyFor is what an endpoint gets: the message itself where it is delivered raw, else a
// document about it.
func (s *Fake) bodyFor(d *delivery) string {
	switch {
	case d.confirmation != "":
		return s.confirmationDocument(d)
	case d.raw:
		return d.text()
	}
	return s.document(d)
}

// queueAttributes are the attributes of a message as SQS has them.
func queueAttributes(d *delivery) map[string]sqstypes.MessageAttributeValue {
	if len(d.publication.Attributes) == 0 {
		return nil
	}
	m := make(map[string]sqstypes.MessageAttributeValue, len(d.publication.Attributes))
	for name, v := range d.publication.Attributes {
		m[name] = sqstypes.MessageAttributeValue{DataType: v.DataType, StringValue: v.StringValue, BinaryValue: v.BinaryValue}
	}
	return m
}

func failureAttributes(call *fakeaws.Call, why error) map[string]string {
	code, message := "ClientError", why.Error()
	var api smithy.APIError
	if errors.As(why, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	return map[string]string{"RequestID": call.RequestID, "ErrorCode": code, "ErrorMessage": message}
}
