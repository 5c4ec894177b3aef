package fakeaws

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// tellCharge tells in the answers of S3 that have a member for it that the requester
// was charged.
func tellCharge(out any) {
	if f := reflect.ValueOf(out).Elem().FieldByName("RequestCharged"); f.IsValid() {
		f.Set(reflect.ValueOf(types.RequestChargedRequester))
	}
}
