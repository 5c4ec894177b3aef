package s3

import (
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A destinationKind is what S3 says of destinations in one service.
type destinationKind struct {
	missing, refused, fifo string
}

// destinationKinds are the texts by which S3 refuses destinations. Those of functions, and
// about FIFO queues and topics, which the User Guide says are not supported, are unverified.
var destinationKinds = map[string]destinationKind{
	"Queue": {
		"The destination queue does not exist",
		"Permissions on the destination queue do not allow S3 to publish notifications from this bucket",
		"FIFO SQS queues are not supported",
	},
	"Topic": {
		"The destination topic does not exist",
		"Permissions on the destination topic do not allow S3 to publish notifications from this bucket",
		"FIFO SNS topics are not supported",
	},
	"CloudFunction": {
		missing: "The destination Lambda does not exist",
		refused: "Not authorized to invoke function [ARN]",
	},
}

// admitDestinations asks every destination whether S3 may send to it on behalf of the
// bucket. The error lists all to which it may not. The lock is not held.
func (s *Fake) admitDestinations(call *fakeaws.Call, b *bucket, n *notifications) error {
	var refused []string
	for d := range n.destinations() {
		if why := s.refusal(call, b, &d); why != "" {
			i := strconv.Itoa(len(refused)/4 + 1)
			refused = append(refused, "ArgumentName"+i, d.arn, "ArgumentValue"+i, why)
		}
	}
	if len(refused) > 0 {
		return errInvalidArgument.withText("Unable to validate the following destination configurations", refused...)
	}
	return nil
}

// refusal is why S3 cannot send to a destination; empty when it can. S3 knows whether there
// is a queue also where it may not send to it, and SQS would not tell.
func (s *Fake) refusal(call *fakeaws.Call, b *bucket, d *destination) string {
	target, err := arn.Parse(d.arn)
	if err != nil {
		return err.Error() // it was checked
	}
	kind := destinationKinds[d.element]
	if !s.world.Has(target.Service) && !s.world.TargetExists(d.arn) {
		call.Help("this World has no " + target.Service + ": add its service, or have Go code stand for the destination with World.Receive")
	}
	if target.Region != b.region || !s.world.TargetExists(d.arn) {
		// A destination of another region is answered as one that S3 cannot find: unverified.
		return kind.missing
	}
	if kind.fifo != "" && strings.HasSuffix(target.Resource, ".fifo") {
		return kind.fifo
	}
	err = s.world.CheckDelivery(call, b.asService().Actor(), &fakeaws.Delivery{Target: d.arn, Body: []byte("{}")})
	if err == nil {
		return ""
	}
	var api smithy.APIError
	if errors.As(err, &api) && (strings.Contains(api.ErrorCode(), "NonExistent") || strings.Contains(api.ErrorCode(), "NotFound")) {
		return kind.missing // it was deleted in the meantime
	}
	return strings.Replace(kind.refused, "ARN", d.arn, 1)
}
