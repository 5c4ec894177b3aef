package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

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

// registered has the members of unions of other packages.
var registered sync.Map // of string to reflect.Type

// RegisterUnion makes the members of unions known, which are structures of the SDK:
// types.AttributeValueMemberS. It panics when one is none.
func RegisterUnion(members ...any) {
	for _, m := range members {
		t := reflect.TypeOf(m)
		if t != nil && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t == nil || t.Kind() != reflect.Struct || !strings.Contains(t.Name(), "Member") || t.NumField() == 0 || t.Field(0).Name != "Value" {
			panic(fmt.Sprintf("wire: %T is no member of a union of the SDK", m))
		}
		registered.Store(t.PkgPath()+"."+t.Name(), t)
	}
}

func unionMember(name string) (reflect.Type, bool) {
	if t, ok := unionMembers[name]; ok {
		return t, true
	}
	t, ok := registered.Load(name)
	if !ok {
		return nil, false
	}
	return t.(reflect.Type), true
}

// UnionMember returns the Go type of a member of a union, which is an interface of the SDK, by
// the member's name: types.AttributeValueMemberS of types.AttributeValue and "S". False where
// there is none, or it is not known: see [RegisterUnion].
func UnionMember(union reflect.Type, member string) (reflect.Type, bool) {
	return unionMember(union.PkgPath() + "." + union.Name() + "Member" + member)
}
