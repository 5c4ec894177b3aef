package sqs

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// The values of DeduplicationScope and FifoThroughputLimit. The limit itself,
// messages per second, is not enforced: nothing here is throttled.
const (
	scopeQueue      = "queue"
	scopeGroup      = "messageGroup"
	throughputQueue = "perQueue"
	throughputGroup = "perMessageGroupId"
)

// choiceAttribute is an attribute of FIFO queues that is one of a few words.
func choiceAttribute(name types.QueueAttributeName, field func(*settings) *string, values ...string) attribute {
	return attribute{
		name: name,
		fifo: true,
		read: func(s *settings) string { return *field(s) },
		write: func(c *change, value string) error {
			if !slices.Contains(values, value) {
				return invalidAttributeValue(string(name))
			}
			*field(&c.settings) = value
			return nil
		},
	}
}

// parseBool reads an attribute that is true or false, in whatever case.
func parseBool(name types.QueueAttributeName, value string) (bool, error) {
	switch {
	case isTrue(value):
		return true, nil
	case strings.EqualFold(value, "false"):
		return false, nil
	}
	return false, invalidAttributeValue(string(name))
}

func isTrue(value string) bool { return strings.EqualFold(value, "true") }

// writeFIFO says of a FIFO queue that it is one, which it was made as: "You can't
// change it for an existing queue" (API reference, CreateQueue).
func writeFIFO(_ *change, value string) error {
	if !isTrue(value) {
		return &types.InvalidAttributeValue{Message: aws.String("Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")}
	}
	return nil
}

func writeContentDedup(c *change, value string) (err error) {
	c.contentDedup, err = parseBool(types.QueueAttributeNameContentBasedDeduplication, value)
	return err
}
