package dynamodb_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var scale = flag.Bool("scale", false, "hold a million items, and compare times with a table of a thousand; takes a minute")

// lives are rounds of calls on the items of a table of some size.
type lives struct {
	c    *cloud
	n, i int
}

func newLives(t *testing.T, n int) *lives {
	c := newCloud(t)
	in := musicTable()
	in.StreamSpecification = nil
	_, err := c.root().CreateTable(t.Context(), in)
	require.NoError(t, err)
	for i := range n {
		_, err := c.do(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("music"), Item: numbered(i)})
		require.NoError(t, err)
	}
	return &lives{c, n, 0}
}

func (c *cloud) do(ctx context.Context, in any) (any, error) {
	return c.World.Do(ctx, c.Fixture(owner, region), in)
}

func numbered(i int) attributes {
	item := song(fmt.Sprintf("artist-%d", i%100), fmt.Sprintf("song-%08d", i))
	item["genre"], item["plays"] = str(fmt.Sprintf("genre-%d", i%7)), num(fmt.Sprint(i))
	return item
}

// run makes rounds of a put, a read, an update and a query of three items.
func (l *lives) run(t *testing.T, rounds int) time.Duration {
	begin := time.Now()
	for range rounds {
		l.i += 7919
		item := numbered(l.i % l.n)
		key := attributes{"artist": item["artist"], "song": item["song"]}
		for _, in := range []any{
			&dynamodb.PutItemInput{TableName: aws.String("music"), Item: item},
			&dynamodb.GetItemInput{TableName: aws.String("music"), Key: key},
			&dynamodb.UpdateItemInput{TableName: aws.String("music"), Key: key, UpdateExpression: aws.String("ADD plays :n"), ExpressionAttributeValues: attributes{":n": num("1")}},
			&dynamodb.QueryInput{
				TableName: aws.String("music"), IndexName: aws.String("byGenre"), KeyConditionExpression: aws.String("genre = :g AND plays >= :n"),
				ExpressionAttributeValues: attributes{":g": item["genre"], ":n": item["plays"]}, Limit: aws.Int32(3),
			},
		} {
			_, err := l.c.do(t.Context(), in)
			require.NoError(t, err)
		}
	}
	return time.Since(begin)
}

// The cost of calls does not grow with the items of the table. The test does not run beside
// others, whose time it would measure.
func TestCostDoesNotGrow(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: times with 1,000 and 1,000,000 items are not compared")
	}
	const few, many, limit = 1_000, 1_000_000, 4.0
	small, large := newLives(t, few), newLives(t, many)
	best := [2]time.Duration{time.Hour, time.Hour}
	for range 15 { // in turns, so that whatever else the machine does hits both
		best[0], best[1] = min(best[0], small.run(t, 200)), min(best[1], large.run(t, 200))
	}
	t.Logf("200 rounds of four calls: %v with %d items, %v with %d", best[0], few, best[1], many)
	assert.Less(t, float64(best[1])/float64(best[0]), limit)
	begin := time.Now()
	twin, err := large.c.World.World.Clone()
	require.NoError(t, err)
	_, err = fakeaws.Do[dynamodb.PutItemOutput](t.Context(), twin, twin.Fixture(owner, region), &dynamodb.PutItemInput{TableName: aws.String("music"), Item: numbered(1)})
	require.NoError(t, err)
	t.Logf("a clone with %d items, and a write to it: %v", many, time.Since(begin))
	assert.Less(t, time.Since(begin), time.Second)
}
