package all_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// perWorld are the fields of which each World has its own, and why.
var perWorld = map[string]map[string]string{
	"fakeaws.World": {
		"ids":      "goes on from the same place: TestCloneGoesOnLikeItsWorld",
		"clock":    "goes on from the same time: TestCloneHasAClockOfItsOwn",
		"verifier": "keeps keys that follow from secrets",
		"log":      "is that of the World's own calls",
		"workers":  "has the timers of what the World does by itself",
		"services": "is the same and never changes", "snapshots": "are of the World", "origin": "only a clone has one",
	},
	"time.Time":              {"loc": "is a place, of which Local is found when it is first used"},
	"cloudformation.program": {"live": "is made again of the template"},
	"fakeaws.room": {
		"reg": "is among the services", "model": "is made when it is first used", "handlers": "are made when they are first used",
		"made": "says that service is there", "opened": "says that model is there",
	},
	"fakeaws.Mutex":          {"locked": "counts for the World's own snapshots"},
	"fakeaws.RWMutex":        {"locked": "counts for the World's own snapshots"},
	"fakeaws.injected":       {"held": "waits in the World that it was sent to"},
	"sqs.pollers":            {"waiting": "wait in the World that they were sent to", "tickets": "number those that wait"},
	"s3.outbox":              {"waiting": "is sent by the calls that caused it", "unsent": "counts waiting"},
	"iam.account":            {},
	"fakeaws.ResourcePolicy": {"current": "follows from the rest, which never changes, and from principals"},
}

// The trees of objects share their nodes: TestCloneIsIndependent shows that no World sees
// what another one changes of them.
func ownField(of reflect.Type, field string) bool {
	if strings.HasPrefix(of.String(), "btree.Map[string,") && (strings.HasSuffix(of.String(), "s3.history]") || strings.HasSuffix(of.String(), "dynamodb.item]")) {
		return field == "root" || field == "isoid"
	}
	return perWorld[of.String()][field] != ""
}

// fillAll makes a World with all that any operation stores, and with what only Go code does.
func fillAll(t *testing.T) *victim {
	v := newVictim(t, worldtest.Other, true)
	w := v.World.World
	_, err := w.Keys().Create(worldtest.Account, worldtest.Region, nil)
	require.NoError(t, err)
	key, err := w.Keys().Create(worldtest.Account, worldtest.Region, enforce.MustParse(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+worldtest.Account+`:role/target"},"Action":"*","Resource":"*"}}`, enforce.KeyPolicy))
	require.NoError(t, err)
	key.SetAlias("alias/target")
	private, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	require.NoError(t, err)
	w.Issuers().Set(&fakeaws.Issuer{URL: "https://idp.example.com", Keys: map[string]crypto.PublicKey{"1": private.Public()}})
	_, err = w.Inject(fakeaws.Fault{Kind: fakeaws.Throttle, Action: "sqs:ListQueues", Resources: []string{"*"}, By: func(*fakeaws.Caller) bool { return true }})
	require.NoError(t, err)
	_, err = w.AddAccount("999999999999", "", "")
	require.NoError(t, err)
	w.CloseAccount("999999999999")
	_, err = sts.Of(w).SealContext(sts.TrustedContext{})
	require.NoError(t, err)
	ctx, root := t.Context(), v.RootConfig(worldtest.Account)
	_, err = awssts.NewFromConfig(root).GetSessionToken(ctx, &awssts.GetSessionTokenInput{})
	require.NoError(t, err)
	client := awss3.NewFromConfig(root)
	_, err = client.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: aws.String("target"),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}})
	require.NoError(t, err)
	for range 3 {
		_, err = client.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("target"), Key: aws.String("versions"), Body: strings.NewReader("x")})
		require.NoError(t, err)
	}
	require.NoError(t, w.Settle(ctx)) // it does nothing by itself, so that clones stay as it is
	return v
}

// A clone has all that its World has, of its own: wherever it has a pointer, map or slice
// of the World, a rule for the type says why.
func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	v := fillAll(t)
	clone, err := v.World.Clone()
	require.NoError(t, err)
	clone.Accounts()
	for service := range clientsOf {
		v.Fake(service)
		clone.Fake(service)
	}
	clone.Fake("execute-api") // it has no client
	// What they do by themselves would write to what is compared.
	v.World.Close()
	clone.Close()
	result := deepcopy.Compare(v.World.World, clone, ownField)
	assert.Empty(t, result.Shared, "no rule for the type says why it may be shared")
	assert.Empty(t, result.Different, "is not copied")
	assert.Empty(t, result.Inside, "a copy of its own is not what the other part of the copy points to")
}

// changing are the first words of all operations that change something, in an order in which
// most of them succeed.
var changing = append(slices.Clone(writing), "Copy", "Complete", "Change", "Accept", "Restore", "Resync", "Acquire", "Upload", "Receive", "Purge", "Simulate",
	"Move", "Rename", "Close", "Cancel", "Decline", "Reset", "Deactivate", "Disable", "Detach", "Remove", "Untag", "Abort", "Deregister", "Delete", "Leave")

// Whatever a World or one of its clones is asked, another clone has what it had.
func TestCloneIsIndependent(t *testing.T) {
	t.Parallel()
	v := fillAll(t)
	idle := twinOf(t, worldtest.Clone(t, v.World.World), v.filler, v.filled.user)
	idle.Close() // it does nothing by itself, also when time goes on
	before := stateOf(idle)
	for _, w := range []*victim{twinOf(t, worldtest.Clone(t, v.World.World), v.filler, v.filled.user).victim, v} {
		for range 2 {
			f := filler{maps.Clone(w.values), "other"}
			w.perform(t, f, changing, func(service string) string {
				if service == "organizations" {
					return w.management
				}
				return worldtest.Account
			})
		}
		assert.Empty(t, firstDifference(before, stateOf(idle)))
	}
}

// The versions of a key stand in an array that clones share until one of them changes it.
func TestCloneKeepsVersions(t *testing.T) {
	t.Parallel()
	v := fillAll(t)
	ctx, in := t.Context(), &awss3.ListObjectVersionsInput{Bucket: aws.String("target"), Prefix: aws.String("versions")}
	versions := func(w *worldtest.World) (ids []string) {
		out, err := awss3.NewFromConfig(w.RootConfig(worldtest.Account)).ListObjectVersions(ctx, in)
		require.NoError(t, err)
		for _, o := range out.Versions {
			ids = append(ids, *o.VersionId)
		}
		return ids
	}
	before := versions(v.World)
	require.Len(t, before, 3)
	for i := range before {
		idle, tagged, busy := worldtest.Clone(t, v.World.World), worldtest.Clone(t, v.World.World), worldtest.Clone(t, v.World.World)
		require.Len(t, versions(idle), 3)
		client := awss3.NewFromConfig(tagged.RootConfig(worldtest.Account))
		_, err := client.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: in.Bucket, Key: in.Prefix, VersionId: &before[i],
			Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}})
		require.NoError(t, err)
		tags, err := awss3.NewFromConfig(idle.RootConfig(worldtest.Account)).GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{
			Bucket: in.Bucket, Key: in.Prefix, VersionId: &before[i]})
		require.NoError(t, err)
		assert.Empty(t, tags.TagSet)
		client = awss3.NewFromConfig(busy.RootConfig(worldtest.Account))
		_, err = client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: in.Bucket, Key: in.Prefix, VersionId: &before[i]})
		require.NoError(t, err)
		_, err = client.PutObject(ctx, &awss3.PutObjectInput{Bucket: in.Bucket, Key: in.Prefix})
		require.NoError(t, err)
		assert.Equal(t, before, versions(idle))
		assert.NotEqual(t, before, versions(busy))
	}
	assert.Equal(t, before, versions(v.World))
}

// A call that waits does so in its World alone: what is sent in a clone does not wake it.
func TestCloneHasNoneOfTheCallsThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFilled(t)
		url := w.values["QueueUrl"].(string)
		client := func(w *worldtest.World) *awssqs.Client { return awssqs.NewFromConfig(w.RootConfig(worldtest.Account)) }
		poll := func(w *worldtest.World) []string {
			out, err := client(w).ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
			require.NoError(t, err)
			var bodies []string
			for _, m := range out.Messages {
				bodies = append(bodies, *m.Body)
			}
			return bodies
		}
		var got []string
		var wg sync.WaitGroup
		wg.Go(func() { got = poll(w.World) })
		synctest.Wait()
		clone := worldtest.Clone(t, w.World.World)
		_, err := client(clone).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("in the clone")})
		require.NoError(t, err)
		assert.Equal(t, []string{"in the clone"}, poll(clone))
		synctest.Wait()
		require.Nil(t, got)
		_, err = client(w.World).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("in the World")})
		require.NoError(t, err)
		wg.Wait()
		assert.Equal(t, []string{"in the World"}, got)
	})
}

// Each World has a clock, a log and faults of its own.
func TestCloneHasAClockOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFilled(t)
		w.Clock().Advance(time.Hour)
		stop, err := w.Inject(fakeaws.Fault{Kind: fakeaws.Throttle, Action: "sqs:ListQueues", Times: 2})
		require.NoError(t, err)
		list := func(w *worldtest.World) error {
			_, err := awssqs.NewFromConfig(w.RootConfig(worldtest.Account)).ListQueues(t.Context(), &awssqs.ListQueuesInput{})
			return err
		}
		require.Error(t, list(w.World))
		clone := worldtest.Clone(t, w.World.World)
		assert.Equal(t, w.Clock().Now(), clone.Clock().Now())
		clone.Clock().Advance(time.Hour)
		assert.Equal(t, time.Hour, clone.Clock().Now().Sub(w.Clock().Now()))
		assert.Zero(t, clone.Log().Count())

		stop()
		require.NoError(t, list(w.World))
		require.Error(t, list(clone), "one of the two failed in the World")
		require.NoError(t, list(clone))
		other := worldtest.Clone(t, w.World.World)
		require.NoError(t, list(other), "the fault has ended before")
		assert.Equal(t, 2, clone.Log().Count())

		_, err = w.Inject(fakeaws.Fault{Kind: fakeaws.Timeout, Action: "sqs:ListQueues"})
		require.NoError(t, err)
		other = worldtest.Clone(t, w.World.World)
		var wg sync.WaitGroup
		wg.Go(func() { assert.Error(t, list(other)) })
		synctest.Wait()
		other.EndFaults()
		wg.Wait()
		require.NoError(t, list(other))
	})
}

// A World with a fake that knows nothing of clones has none.
func TestCloneOfAForeignFake(t *testing.T) {
	t.Parallel()
	w := fakeaws.NewWorld(fakeaws.Config{Services: []fakeaws.Service{{Name: "sqs", New: func(*fakeaws.World) fakeaws.Fake { return unclonable{} }}}})
	_, err := w.Clone()
	require.NoError(t, err, "it was not used yet")
	w.Fake("sqs")
	_, err = w.Clone()
	require.EqualError(t, err, "the fake of sqs cannot be cloned: it is no fakeaws.Stateful")
}

type unclonable struct{ fakeaws.Fake }

// Worlds are cloned while they are called.
func TestCloneDuringCalls(t *testing.T) {
	t.Parallel()
	w := newFilled(t)
	url := w.values["QueueUrl"].(string)
	calls := func(w *worldtest.World, n string) {
		root := w.RootConfig(worldtest.Account)
		_, err := awssqs.NewFromConfig(root).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &n})
		assert.NoError(t, err)
		_, err = awssqs.NewFromConfig(root).ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &url})
		assert.NoError(t, err)
		_, err = awss3.NewFromConfig(root).PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("target"), Key: &n, Body: strings.NewReader(n)})
		assert.NoError(t, err)
		_, err = awss3.NewFromConfig(root).PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{Bucket: aws.String("target"), Key: aws.String("target"),
			Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("k"), Value: &n}}}})
		assert.NoError(t, err)
		_, err = awsiam.NewFromConfig(root).CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: &n})
		assert.NoError(t, err)
		_, err = awssts.NewFromConfig(root).GetSessionToken(t.Context(), &awssts.GetSessionTokenInput{})
		assert.NoError(t, err)
		key, err := awsiam.NewFromConfig(root).CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: &n})
		if assert.NoError(t, err) {
			_, err = awss3.NewFromConfig(w.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")).ListBuckets(t.Context(), &awss3.ListBucketsInput{})
			assert.ErrorContains(t, err, "AccessDenied")
		}
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 20 {
				calls(w.World, fmt.Sprintf("world-%d-%d", i, j))
			}
		})
		wg.Go(func() {
			for j := range 20 {
				clone := worldtest.Clone(t, w.World.World)
				wg.Go(func() { calls(clone, fmt.Sprintf("clone-%d-%d", i, j)) })
				calls(clone, fmt.Sprintf("clone-%d-%d-too", i, j))
			}
		})
	}
	wg.Wait()
}
