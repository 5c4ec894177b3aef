package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func admitRestoreFromBackup(in *dynamodb.RestoreTableFromBackupInput) error {
	return admitOverrides(in.GlobalSecondaryIndexOverride, in.LocalSecondaryIndexOverride)
}

func admitRestoreToPointInTime(in *dynamodb.RestoreTableToPointInTimeInput) error {
	return admitOverrides(in.GlobalSecondaryIndexOverride, in.LocalSecondaryIndexOverride)
}

// admitOverrides refuses lists that are far too long before anything looks at their elements, as
// admitUpdate does.
func admitOverrides(global []types.GlobalSecondaryIndex, local []types.LocalSecondaryIndex) error {
	var all []*types.Projection
	for _, g := range global {
		all = append(all, g.Projection)
	}
	for _, l := range local {
		all = append(all, l.Projection)
	}
	for _, p := range all {
		if p != nil && len(p.NonKeyAttributes) > maxProjected {
			return invalid(textManyProjected)
		}
	}
	return nil
}
