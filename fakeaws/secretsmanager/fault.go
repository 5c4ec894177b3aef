package secretsmanager

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// faults has the error of the service's own model for a failure of its own. Its text, the
// description in the API reference, is unverified.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.ServerError: &types.InternalServiceError{Message: aws.String("An error occurred on the server side.")},
}
