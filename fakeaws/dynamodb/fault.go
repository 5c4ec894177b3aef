package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// faults has the error of the service's own model for a failure of its own ("Error handling
// with DynamoDB").
var faults = map[fakeaws.FaultKind]error{
	fakeaws.ServerError: &types.InternalServerError{Message: aws.String("Internal server error")},
}
