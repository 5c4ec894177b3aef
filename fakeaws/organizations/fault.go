package organizations

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// faults has the errors of Organizations' own model for too many requests and for a
// failure of its own. The text of the first is as users of ListParents quote it; that of
// the second, the description in the API reference, is unverified, and so is the status of
// the first: the model says 429, and users once saw 400.
var faults = map[fakeaws.FaultKind]error{
	fakeaws.Throttle:    &types.TooManyRequestsException{Message: aws.String("You have sent too many requests in too short a period of time. Try again later.")},
	fakeaws.ServerError: &types.ServiceException{Message: aws.String("AWS Organizations can't complete your request because of an internal service error. Try again later.")},
}
