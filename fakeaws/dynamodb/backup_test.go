package dynamodb_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func (c *cloud) all(t testing.TB, table string) []string {
	t.Helper()
	out, err := c.root().Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	require.NoError(t, err)
	return titles(out.Items)
}

// A backup is the table of its moment, and outlives it.
func TestBackups(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		c.music(t)
		c.songs(t)
		ctx, root, name := t.Context(), c.root(), aws.String("music")
		made, err := root.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: name, BackupName: aws.String("monday")})
		require.NoError(t, err)
		assert.Equal(t, types.BackupStatusCreating, made.BackupDetails.BackupStatus)
		arn := made.BackupDetails.BackupArn
		c.mustQL(t, `DELETE FROM music WHERE artist='a' AND song='1'`)
		c.mustQL(t, `UPDATE music SET plays = 0 WHERE artist='a' AND song='2'`)
		described, err := root.DescribeBackup(ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
		require.NoError(t, err)
		b := described.BackupDescription
		assert.Equal(t, types.BackupStatusAvailable, b.BackupDetails.BackupStatus)
		assert.EqualValues(t, 3, *b.SourceTableDetails.ItemCount)
		assert.Len(t, b.SourceTableFeatureDetails.GlobalSecondaryIndexes, 1)
		_, err = root.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
		require.NoError(t, err)

		restored, err := root.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{BackupArn: arn, TargetTableName: aws.String("again")})
		require.NoError(t, err)
		assert.Equal(t, arn, restored.TableDescription.RestoreSummary.SourceBackupArn)
		assert.ElementsMatch(t, []string{"1", "2", "it's"}, c.all(t, "again"))
		out, err := root.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM "again"."byGenre" WHERE genre = 'jazz'`)})
		require.NoError(t, err)
		require.Len(t, out.Items, 1)
		assert.Equal(t, num("-25"), out.Items[0]["plays"])
		_, err = root.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{BackupArn: arn, TargetTableName: aws.String("again")})
		worldtest.RequireError(t, err, "TableAlreadyExistsException", "Table already exists: again")
		_, err = root.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{BackupArn: arn, TargetTableName: aws.String("less"), GlobalSecondaryIndexOverride: []types.GlobalSecondaryIndex{}})
		require.NoError(t, err)
		less, err := root.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("less")})
		require.NoError(t, err)
		assert.Empty(t, less.Table.GlobalSecondaryIndexes)
		assert.Len(t, less.Table.LocalSecondaryIndexes, 1)
		assert.Len(t, less.Table.AttributeDefinitions, 3)

		listed, err := root.ListBackups(ctx, &dynamodb.ListBackupsInput{TableName: name})
		require.NoError(t, err)
		require.Len(t, listed.BackupSummaries, 1)
		assert.Equal(t, arn, listed.BackupSummaries[0].BackupArn)
		_, err = root.DeleteBackup(ctx, &dynamodb.DeleteBackupInput{BackupArn: arn})
		require.NoError(t, err)
		_, err = root.DescribeBackup(ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
		worldtest.RequireError(t, err, "BackupNotFoundException", "Backup not found: "+*arn)
		_, err = root.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: name, BackupName: aws.String("monday")})
		worldtest.RequireError(t, err, "TableNotFoundException", "Table not found: music")
	})
}

// ListBackups has pages, and a range of times.
func TestListBackups(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	begin := c.Clock().Now()
	for range 3 {
		_, err := c.root().CreateBackup(t.Context(), &dynamodb.CreateBackupInput{TableName: aws.String("music"), BackupName: aws.String("backup")})
		require.NoError(t, err)
		c.Clock().Advance(time.Hour)
	}
	in := &dynamodb.ListBackupsInput{Limit: aws.Int32(2)}
	first, err := c.root().ListBackups(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, first.BackupSummaries, 2)
	in.ExclusiveStartBackupArn = first.LastEvaluatedBackupArn
	rest, err := c.root().ListBackups(t.Context(), in)
	require.NoError(t, err)
	assert.Len(t, rest.BackupSummaries, 1)
	assert.Nil(t, rest.LastEvaluatedBackupArn)
	some, err := c.root().ListBackups(t.Context(), &dynamodb.ListBackupsInput{TimeRangeLowerBound: aws.Time(begin.Add(30 * time.Minute)), TimeRangeUpperBound: aws.Time(begin.Add(90 * time.Minute))})
	require.NoError(t, err)
	assert.Len(t, some.BackupSummaries, 1)
}

// A table with point-in-time recovery is restored as it was at any second since then.
func TestPointInTimeRecovery(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	ctx, root, name := t.Context(), c.root(), aws.String("music")
	restore := func(target string, at *time.Time) error {
		in := &dynamodb.RestoreTableToPointInTimeInput{SourceTableName: name, TargetTableName: &target, RestoreDateTime: at}
		if at == nil {
			in.UseLatestRestorableTime = aws.Bool(true)
		}
		_, err := root.RestoreTableToPointInTime(ctx, in)
		return err
	}
	worldtest.RequireError(t, restore("none", nil), "PointInTimeRecoveryUnavailableException", "Point in time recovery is not enabled for table 'music'")
	c.Clock().Advance(time.Minute)
	_, err := root.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}})
	require.NoError(t, err)
	var times []time.Time
	for _, text := range []string{`DELETE FROM music WHERE artist='a' AND song='1'`, `INSERT INTO music VALUE {'artist':'c','song':'new'}`, `UPDATE music SET plays = 1 WHERE artist='a' AND song='2'`} {
		c.Clock().Advance(time.Minute)
		times = append(times, c.Clock().Now())
		c.Clock().Advance(time.Minute)
		c.mustQL(t, text)
	}
	for i, want := range [][]string{{"1", "2", "it's"}, {"2", "it's"}, {"2", "it's", "new"}} {
		target := "at-" + string(rune('0'+i))
		require.NoError(t, restore(target, &times[i]))
		assert.ElementsMatch(t, want, c.all(t, target))
		described, err := root.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &target})
		require.NoError(t, err)
		assert.EqualValues(t, len(want), *described.Table.ItemCount)
	}
	out, err := root.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("at-2"), Key: song("a", "2")})
	require.NoError(t, err)
	assert.Equal(t, num("-25"), out.Item["plays"])
	require.NoError(t, restore("latest", nil))
	assert.ElementsMatch(t, []string{"2", "it's", "new"}, c.all(t, "latest"))
	before := times[0].Add(-2 * time.Minute)
	requireCode(t, restore("before", &before), "InvalidRestoreTimeException")
	c.Clock().Advance(36 * 24 * time.Hour)
	requireCode(t, restore("late", &times[0]), "InvalidRestoreTimeException")
	c.put(t, song("d", "x")) // what is too old to be restored is dropped
	assert.ElementsMatch(t, []string{"2", "it's", "new", "x"}, c.all(t, "music"))
}
