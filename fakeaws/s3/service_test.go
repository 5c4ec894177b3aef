package s3

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner    = "111122223333"
	stranger = "444455556666"
	region   = "us-east-1"
)

// A lab is S3 in a World of two accounts, with a client of the SDK whose calls the
// World's own hand makes: no policy is asked, and what permissions a call needs, tests
// ask the plans of operations themselves.
type lab struct {
	*awss3.Client
	fake  *Fake
	world *fakeaws.World
	// ctx is the owner's root user in us-east-1.
	ctx *fakeaws.Call
}

func newLab(t testing.TB) *lab { return newLabIn(t) }

// newLabIn is newLab for tests of properties too.
func newLabIn(t require.TestingT) *lab {
	w := worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{Service}})
	l := &lab{Client: awss3.NewFromConfig(worldtest.FixtureConfig(w, owner, region)), fake: Of(w), world: w}
	l.ctx = l.as(owner, region)
	return l
}

// as is a call of an account's root user in a region, for plans, and the context of the
// client's calls as the same.
func (l *lab) as(account, region string) *fakeaws.Call {
	acct, _ := l.world.Account(account)
	return &fakeaws.Call{
		Context: worldtest.As(context.Background(), l.world.Fixture(account, region)),
		World:   l.world,
		Account: account,
		Region:  region,
		Caller:  acct.Root.Caller,
		Time:    l.world.Clock().Now(),
	}
}

// anonymous is an unsigned call.
func (l *lab) anonymous() *fakeaws.Call {
	call := l.as(owner, region)
	call.Account, call.Caller = "", &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.Anonymous}}
	return call
}

func (l *lab) bucketNamed(t testing.TB, name string) {
	t.Helper()
	_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: &name})
	require.NoError(t, err)
}

func (l *lab) store(t testing.TB, bucket, key, data string) *awss3.PutObjectOutput {
	t.Helper()
	out, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(data)})
	require.NoError(t, err)
	return out
}

func (l *lab) read(t testing.TB, bucket, key string) string {
	t.Helper()
	out, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	require.NoError(t, err)
	data, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	return string(data)
}

// failure is an error of S3 as "Code status text Name=value …".
func failure(t testing.TB, err error) *fakeaws.Error {
	t.Helper()
	var e *fakeaws.Error
	require.ErrorAs(t, err, &e)
	return e
}

func field(e *fakeaws.Error, name string) string {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func requireCode(t testing.TB, err error, code string, status int) *fakeaws.Error {
	t.Helper()
	e := failure(t, err)
	require.Equal(t, code, e.Code, e.Message)
	require.Equal(t, status, e.Status)
	return e
}

// keysOf are the condition keys of a permission, by their lower-case names.
func keysOf(n fakeaws.Need) map[string][]string {
	out := make(map[string][]string)
	for k, v := range n.Context.All() {
		out[strings.ToLower(k)] = v
	}
	return out
}

// needsOf are the permissions that a plan needs.
func needsOf[O any](plan *fakeaws.Plan[O], err error) ([]fakeaws.Need, error) {
	if err != nil {
		return nil, err
	}
	return plan.Needs, nil
}

// actionsOf are a call's permissions as "action resource".
func actionsOf(needs []fakeaws.Need) []string {
	var out []string
	for _, n := range needs {
		out = append(out, n.Action+" "+n.Resource)
	}
	return out
}

func TestOpsAreBound(t *testing.T) {
	t.Parallel()
	ops := newLab(t).fake.Ops()
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Name
	}
	slices.Sort(names)
	assert.Equal(t, slices.Compact(slices.Clone(names)), names, "no operation twice")
	assert.Contains(t, names, "DeleteObjects")
}

func TestErrorsAreTheSDKsByCode(t *testing.T) {
	t.Parallel()
	// The SDK maps codes to its types: a code that is not the type's name would
	// reach clients as a generic error.
	for code, modeled := range map[string]interface{ ErrorCode() string }{
		errNoSuchBucket.code:       &types.NoSuchBucket{},
		errNoSuchKey.code:          &types.NoSuchKey{},
		errBucketExists.code:       &types.BucketAlreadyExists{},
		errBucketOwned.code:        &types.BucketAlreadyOwnedByYou{},
		errInvalidObjectState.code: &types.InvalidObjectState{},
	} {
		assert.Equal(t, modeled.ErrorCode(), code)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	call := l.as(owner, region)
	call.Caller = &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.User, Account: owner, ARN: "arn:aws:iam::" + owner + ":user/reader"}}
	need := fakeaws.Need{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: owner}
	d := enforce.Evaluate(&enforce.Request{Principal: call.Caller.Principal, Action: need.Action, Resource: need.Resource, ResourceAccount: owner}, &enforce.PolicySet{})
	require.False(t, d.Allowed())

	t.Run("rule 67: same account, resource in quotes", func(t *testing.T) {
		t.Parallel()
		e := requireCode(t, l.fake.Denied(call, &need, &d), "AccessDenied", 403)
		assert.Equal(t, `User: arn:aws:iam::111122223333:user/reader is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the s3:GetObject action`, e.Message)
	})
	t.Run("rule 67: cross-account", func(t *testing.T) {
		t.Parallel()
		e := failure(t, l.fake.Denied(l.as(stranger, region), &need, &d))
		assert.Equal(t, "Access Denied", e.Message)
	})
	t.Run("rule 63: anonymous", func(t *testing.T) {
		t.Parallel()
		e := failure(t, l.fake.Denied(l.anonymous(), &need, &d))
		assert.Equal(t, "Access Denied", e.Message)
	})
}

var errBoom = errors.New("boom")

func ptr[T any](v T) *T { return &v }

// newKMSKey makes a key of the owner's, with an alias if it is not empty.
func newKMSKey(t testing.TB, w *fakeaws.World, alias string) *fakeaws.Key {
	t.Helper()
	key, err := w.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	if alias != "" {
		key.SetAlias(alias)
	}
	return key
}
