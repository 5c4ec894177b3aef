package ses

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// faultsV2 has the errors of the model of version 2.
var faultsV2 = map[fakeaws.FaultKind]error{
	fakeaws.Throttle: &types.TooManyRequestsException{Message: aws.String("Rate exceeded")},
}
