package sqs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// faults has the error with which SQS throttles, which every operation of its model has.
// The text is as users of SendMessage quote it.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.Throttle: &types.RequestThrottled{Message: aws.String("Request is throttled.")},
}
