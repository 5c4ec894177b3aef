package iam_test

import (
	"context"
	"flag"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

// tests are all tests of the package, and one after them.
type tests struct{ *testing.M }

// Run runs TestEveryOperationIsPerformed after the others, which it looks at: Go has no
// order in which a test comes after parallel ones. It runs only when all others did.
func (m tests) Run() int {
	code := m.M.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if code != 0 || flag.Lookup(name).Value.String() != "" {
			return code
		}
	}
	last := []testing.InternalTest{{Name: "TestEveryOperationIsPerformed", F: performed.isWhole}}
	if !testing.RunTests(func(string, string) (bool, error) { return true, nil }, last) {
		return 1
	}
	return 0
}

// performed has the operations that clients performed with success, by their door.
var performed = record{operations: map[string]map[string]bool{}}

type record struct {
	mu         sync.Mutex
	operations map[string]map[string]bool
}

func (r *record) add(door worldtest.Door, w *fakeaws.World) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range w.Log().Events() {
		if e.Service != "iam" || e.Code != "" {
			continue
		}
		if r.operations[e.Operation] == nil {
			r.operations[e.Operation] = map[string]bool{}
		}
		r.operations[e.Operation][door.String()] = true
	}
}

// isWhole tests that clients performed every operation through both doors.
func (r *record) isWhole(t *testing.T) {
	ops := iam.Service.New(fakeaws.NewWorld(fakeaws.Config{})).Ops()
	for i := range ops {
		if ops[i].Name == "GetMFADevice" {
			continue // tells of FIDO keys alone, which are registered in AWS's console
		}
		t.Run(ops[i].Name, func(t *testing.T) {
			for _, door := range []worldtest.Door{worldtest.InProcess, worldtest.Socket} {
				assert.True(t, r.operations[ops[i].Name][door.String()], "no test performs it through the %s door", door)
			}
		})
	}
}

const (
	accountID = worldtest.Account
	otherID   = worldtest.Other
	allowAll  = worldtest.AllowAll
	trustEC2  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
)

var requireError = worldtest.RequireError

// A world is a World with two accounts, and the first one's IAM.
type world struct {
	*worldtest.World
	// iam is the client of the account's root user, for calls with root.
	iam  *sdk.Client
	root context.Context
	// fixture is the client of the World's own hand in the account.
	fixture *sdk.Client
	service *iam.Fake
	stolen  string // an access key that an escalation is after
}

func newWorld(t testing.TB) *world { return newWorldAt(t, worldtest.InProcess) }

func newWorldAt(t testing.TB, door worldtest.Door) *world {
	t.Helper()
	w := worldtest.New(t, door,
		iam.Service,
		sts.Service,
	)
	t.Cleanup(func() { performed.add(door, w.World) })
	made := &world{World: w, root: t.Context(), service: iam.Of(w.World)}
	made.iam = made.rootOf(accountID)
	made.fixture = sdk.NewFromConfig(worldtest.FixtureConfig(w.World, accountID, worldtest.Region))
	return made
}

// rootOf is the client of an account's root user.
func (w *world) rootOf(account string) *sdk.Client {
	return sdk.NewFromConfig(w.RootConfig(account))
}

// eachDoor tells a story of a World through each door.
func eachDoor(t *testing.T, story func(*testing.T, *world)) {
	t.Helper()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) { story(t, newWorldAt(t, door)) })
}

// client is an SDK client whose calls go through the whole pipeline.
func (w *world) client(c *fakeaws.Credential) *sdk.Client {
	return sdk.NewFromConfig(w.Config(c.AccessKeyID, c.SecretAccessKey, c.SessionToken))
}

// user makes a user with inline policies and returns a client with its key.
func (w *world) user(t testing.TB, name string, policies ...string) *sdk.Client {
	t.Helper()
	_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	for i, p := range policies {
		_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{
			UserName: &name, PolicyName: aws.String(string(rune('a' + i))), PolicyDocument: &p,
		})
		require.NoError(t, err)
	}
	key, err := w.iam.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	c, ok := w.Credential(*key.AccessKey.AccessKeyId)
	require.True(t, ok)
	return w.client(c)
}

// policy makes a managed policy and returns its ARN.
func (w *world) policy(t testing.TB, name, document string) string {
	t.Helper()
	out, err := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
	require.NoError(t, err)
	return *out.Policy.Arn
}

func (w *world) role(t testing.TB, name string) {
	t.Helper()
	_, err := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2)})
	require.NoError(t, err)
}

func (w *world) group(t testing.TB, name string) {
	t.Helper()
	_, err := w.iam.CreateGroup(w.root, &sdk.CreateGroupInput{GroupName: &name})
	require.NoError(t, err)
}

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}
