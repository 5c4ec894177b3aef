package sqs

import (
	"slices"
	"strconv"

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

// parseBool reads an attribute that is true or false.
func parseBool(name types.QueueAttributeName, value string) (bool, error) {
	if value != "true" && value != "false" {
		return false, invalidAttributeValue(string(name))
	}
	return strconv.ParseBool(value)
}

// writeFIFO says of a FIFO queue that it is one, which it was made as: "You can't
// change it for an existing queue" (API reference, CreateQueue). What SQS says of an
// attempt is unverified.
func writeFIFO(_ *change, value string) error {
	if value != "true" {
		return invalidAttributeValue(string(types.QueueAttributeNameFifoQueue))
	}
	return nil
}

func writeContentDedup(c *change, value string) (err error) {
	c.contentDedup, err = parseBool(types.QueueAttributeNameContentBasedDeduplication, value)
	return err
}
