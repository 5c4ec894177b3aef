package cloudformation

import (
	"maps"
	"slices"
)

const (
	nestedType = "AWS::CloudFormation::Stack"
	customType = "AWS::CloudFormation::CustomResource"
)

// kinds are the resource types that can be made.
var kinds = map[string]*kind{}

func init() {
	for _, of := range []map[string]*kind{iamKinds, storageKinds, messagingKinds, secretKinds, lambdaKinds, eventKinds, streamKinds, ownKinds} {
		maps.Copy(kinds, of)
	}
}

// Types returns the resource types that can be made, in order: of others a stack fails, by
// name.
func Types() []string { return slices.Sorted(maps.Keys(kinds)) }
