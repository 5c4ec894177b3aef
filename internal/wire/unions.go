package wire

import (
	"reflect"

	iam "github.com/aws/aws-sdk-go-v2/service/iam/types"
	s3 "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// unionMembers has the Go types of union members by package and name, because
// reflection cannot find the types that implement an interface.
var unionMembers = func() map[string]reflect.Type {
	m := map[string]reflect.Type{}
	for _, v := range []any{
		iam.PolicyIdentifierMemberInlinePolicyIdentifier{},
		iam.PolicyIdentifierMemberPolicyArn{},
		iam.PolicyIdentifierMemberPolicyType{},
		s3.AnalyticsFilterMemberAnd{},
		s3.AnalyticsFilterMemberPrefix{},
		s3.AnalyticsFilterMemberTag{},
		s3.MetricsFilterMemberAccessPointArn{},
		s3.MetricsFilterMemberAnd{},
		s3.MetricsFilterMemberPrefix{},
		s3.MetricsFilterMemberTag{},
		s3.ObjectEncryptionMemberSSEKMS{},
	} {
		t := reflect.TypeOf(v)
		m[t.PkgPath()+"."+t.Name()] = t
	}
	return m
}()
