package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// propertyOps are the operations on account properties.
func (s *Fake) propertyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putAccountProperties),
		fakeaws.Bind(s.getAccountProperties),
	}
}

// propertyNamespaces sets the key to the namespaces of properties.
func propertyNamespaces(properties map[string]string) contextKey {
	return func(c *enforce.Context, _ *resource) {
		c.SetMulti("iam:AccountPropertyNamespaces", namespaces(properties))
	}
}

// onProperties is the target of GetAccountProperties, whose condition key has the
// namespaces of what it would show.
func onProperties(l *lookup) (found[*account], error) {
	a := l.account
	return found[*account]{
		resources: []resource{{arn: "*", keys: []contextKey{propertyNamespaces(a.signIn.properties)}}},
		value:     a,
	}, nil
}

// namespaces are the parts before "/" of the keys of account properties, sorted.
func namespaces(properties map[string]string) []string {
	found := make(map[string]bool)
	for key := range properties {
		namespace, _, _ := strings.Cut(key, "/")
		found[namespace] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// checkProperties wants keys of the form Namespace/PropertyName, all of one
// namespace (API page "PutAccountProperties"). Which properties there are, and
// of which type, AWS does not publish: any are kept.
func checkProperties(properties map[string]string) error {
	if len(properties) == 0 {
		return constraint.Error("1 validation error detected: Value at 'properties' failed to satisfy constraint: Member must not be null")
	}
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if namespace, name, ok := strings.Cut(key, "/"); !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
			return invalidInput(fmt.Sprintf(badPropertyKey, key))
		}
	}
	if len(namespaces(properties)) > 1 {
		return invalidInput(mixedNamespaces)
	}
	return nil
}

// putAccountProperties sets properties of the account; others stay as they are.
func (s *Fake) putAccountProperties(call *fakeaws.Call, in *sdk.PutAccountPropertiesInput) (*fakeaws.Plan[*sdk.PutAccountPropertiesOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.PutAccountPropertiesOutput, error) {
		if err := checkProperties(in.Properties); err != nil {
			return nil, err
		}
		if a.signIn.properties == nil {
			a.signIn.properties = make(map[string]string)
		}
		maps.Copy(a.signIn.properties, in.Properties)
		return &sdk.PutAccountPropertiesOutput{}, nil
	}, propertyNamespaces(in.Properties))
}

// getAccountProperties returns the properties of the account that were set.
func (s *Fake) getAccountProperties(call *fakeaws.Call, in *sdk.GetAccountPropertiesInput) (*fakeaws.Plan[*sdk.GetAccountPropertiesOutput], error) {
	return plan(s, call, in, onProperties, func(a *account) (*sdk.GetAccountPropertiesOutput, error) {
		return &sdk.GetAccountPropertiesOutput{Properties: maps.Clone(a.signIn.properties)}, nil
	})
}
