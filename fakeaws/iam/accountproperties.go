package iam

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

// properties are those of a request.
func (in input) properties() map[string]string {
	return in.value.Field(in.fields["Properties"]).Interface().(map[string]string)
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
		return constraint.Error("1 validation error detected: Value null at 'properties' failed to satisfy constraint: Member must not be null")
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

// PutAccountProperties sets properties of the account; others stay as they are.
func (s *Fake) PutAccountProperties(ctx context.Context, in *sdk.PutAccountPropertiesInput) (*sdk.PutAccountPropertiesOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.PutAccountPropertiesOutput, error) {
		if err := checkProperties(in.Properties); err != nil {
			return nil, err
		}
		if a.signIn.properties == nil {
			a.signIn.properties = make(map[string]string)
		}
		maps.Copy(a.signIn.properties, in.Properties)
		return &sdk.PutAccountPropertiesOutput{}, nil
	})
}

// GetAccountProperties returns the properties of the account that were set.
func (s *Fake) GetAccountProperties(ctx context.Context, in *sdk.GetAccountPropertiesInput) (*sdk.GetAccountPropertiesOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.GetAccountPropertiesOutput, error) {
		return &sdk.GetAccountPropertiesOutput{Properties: maps.Clone(a.signIn.properties)}, nil
	})
}
