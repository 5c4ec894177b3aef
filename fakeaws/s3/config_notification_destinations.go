package s3

import (
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Why S3 cannot send to a destination. The text about FIFO queues, which the User Guide
// says are not supported, is unverified.
const (
	noQueue      = "The destination queue does not exist"
	noPermission = "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
	fifoQueue    = "FIFO SQS queues are not supported"
)

// admitDestinations asks every destination whether S3 may send to it on behalf of the
// bucket. The error lists all to which it may not. The lock is not held.
func (s *Fake) admitDestinations(call *fakeaws.Call, b *bucket, n *notifications) error {
	var refused []string
	for _, d := range n.destinations() {
		queue, err := arn.Parse(d.arn)
		if err != nil {
			return err // it was checked
		}
		if queue.Service != "sqs" {
			return notImplemented(d.element + "Configuration with a destination in " + queue.Service)
		}
		if why := s.refusal(call, b, queue); why != "" {
			i := strconv.Itoa(len(refused)/4 + 1)
			refused = append(refused, "ArgumentName"+i, d.arn, "ArgumentValue"+i, why)
		}
	}
	if len(refused) > 0 {
		return errInvalidArgument.withText("Unable to validate the following destination configurations", refused...)
	}
	return nil
}

// refusal is why S3 cannot send to a queue; empty when it can. A World without SQS has no
// queues.
func (s *Fake) refusal(call *fakeaws.Call, b *bucket, queue arn.ARN) string {
	if strings.Contains(queue.Resource, ":") || queue.Region != b.region || !s.queueExists(call, queue) {
		// A queue of another region is answered as one that S3 cannot find: unverified.
		return noQueue
	}
	if strings.HasSuffix(queue.Resource, ".fifo") {
		return fifoQueue
	}
	err := s.world.Check(call, b.asService().Actor(), &sqs.SendMessageInput{QueueUrl: queueURL(queue), MessageBody: aws.String("{}")})
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api) && strings.Contains(api.ErrorCode(), "NonExistentQueue"):
		return noQueue // it was deleted in the meantime
	}
	return noPermission
}

// queueExists reports whether there is a queue. S3 knows that also of queues to which it
// may not send, to whom SQS tells nothing: so the World's hand looks, and changes nothing.
func (s *Fake) queueExists(call *fakeaws.Call, queue arn.ARN) bool {
	if _, ok := s.world.Account(queue.AccountID); !ok || !s.world.Has(queue.Service) {
		return false
	}
	_, err := fakeaws.Do[sqs.GetQueueUrlOutput](call, s.world, s.world.Fixture(queue.AccountID, queue.Region), &sqs.GetQueueUrlInput{QueueName: &queue.Resource})
	return err == nil
}
