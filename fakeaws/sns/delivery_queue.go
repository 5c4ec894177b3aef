package sns

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
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
	message := &fakeaws.Delivery{Target: queue, Body: []byte(s.bodyFor(d)), GroupID: d.groupID, DeduplicationID: d.deduplication}
	if d.raw && d.confirmation == "" {
		message.Attributes = queueAttributes(d)
	}
	if why != nil {
		if message.Attributes == nil {
			message.Attributes = make(map[string]fakeaws.DeliveryAttribute, 3)
		}
		for name, value := range failureAttributes(call, why) {
			message.Attributes[name] = fakeaws.DeliveryAttribute{Type: typeString, String: value}
		}
	}
	_, err = s.world.Deliver(background(call), d.asService(arn.Region), message)
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
func queueAttributes(d *delivery) map[string]fakeaws.DeliveryAttribute {
	if len(d.publication.Attributes) == 0 {
		return nil
	}
	m := make(map[string]fakeaws.DeliveryAttribute, len(d.publication.Attributes))
	for name, v := range d.publication.Attributes {
		m[name] = fakeaws.DeliveryAttribute{Type: aws.ToString(v.DataType), String: aws.ToString(v.StringValue), Binary: v.BinaryValue}
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
