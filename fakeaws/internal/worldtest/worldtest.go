// Package worldtest has what the tests of the fakes share: Worlds with two
// accounts, and clients of the SDK that come in through either door.
package worldtest

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

// The two accounts of a World.
const (
	Account = "111122223333"
	Other   = "444455556666"
)

// Region is the one that clients call.
const Region = "us-east-1"

// Policies that allow and deny everything.
const (
	AllowAll = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	DenyAll  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
)

// A Door is the way that clients take into a World.
type Door int

// The doors.
const (
	InProcess Door = iota
	Socket
)

func (d Door) String() string {
	if d == Socket {
		return "socket"
	}
	return "process"
}

// EachDoor tells a story twice, at the same time: with clients that stay in the
// process, and with clients that use a socket.
func EachDoor(t *testing.T, story func(*testing.T, Door)) {
	t.Helper()
	for _, door := range []Door{InProcess, Socket} {
		t.Run(door.String(), func(t *testing.T) {
			t.Parallel()
			story(t, door)
		})
	}
}

// A World is a World with two accounts.
type World struct {
	*fakeaws.World

	http aws.HTTPClient
	url  *string // of the socket
}

// NewWorld makes a World with accounts: [Account] and [Other] unless others are given. It
// is for benchmarks and for tests of properties too.
func NewWorld(t require.TestingT, cfg fakeaws.Config, accounts ...string) *fakeaws.World {
	if len(accounts) == 0 {
		accounts = []string{Account, Other}
	}
	w := fakeaws.NewWorld(cfg)
	for _, id := range accounts {
		_, err := w.AddAccount(id, "", "")
		require.NoError(t, err)
	}
	return w
}

// New makes a World whose clients use a door.
func New(t testing.TB, door Door, services ...fakeaws.Service) *World {
	t.Helper()
	return Open(t, door, NewWorld(t, fakeaws.Config{Region: Region, Services: services}))
}

// Open has clients use a door of a World.
func Open(t testing.TB, door Door, w *fakeaws.World) *World {
	t.Helper()
	t.Cleanup(w.Close)
	made := &World{World: w, http: w.Door()}
	if door == Socket {
		server, client := httptest.NewServer(w.Door()), sdkclient.NewSocket()
		t.Cleanup(func() {
			client.Close()
			server.Close()
		})
		made.http, made.url = client, &server.URL
	}
	return made
}

// Clone is a World like another one, whose clients stay in the process.
func Clone(t testing.TB, w *fakeaws.World) *World {
	t.Helper()
	c, err := w.Clone()
	require.NoError(t, err)
	return &World{World: c, http: c.Door()}
}

// Config makes clients that sign with an access key, through the whole pipeline.
// They send what the SDK would refuse to send, so that tests see what the service
// answers to it.
func (w *World) Config(key, secret, token string) aws.Config {
	return w.ConfigOf(credentials.NewStaticCredentialsProvider(key, secret, token))
}

// ConfigOf makes clients that sign with any credentials, or with none.
func (w *World) ConfigOf(provider aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region:       Region,
		HTTPClient:   w.http,
		BaseEndpoint: w.url,
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
		Credentials:  provider,
		APIOptions: []func(*middleware.Stack) error{sdkclient.SignAt(w.Clock()), func(s *middleware.Stack) error {
			// Not every operation has input that the SDK checks.
			_, _ = s.Initialize.Remove("OperationInputValidation")
			return nil
		}},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
}

// RootConfig makes clients of an account's root user, through the whole pipeline.
func (w *World) RootConfig(account string) aws.Config {
	acct, ok := w.Account(account)
	if !ok {
		panic("worldtest: this World has no account " + account)
	}
	return w.Config(acct.Root.AccessKeyID, acct.Root.SecretAccessKey, "")
}

// FixtureConfig makes clients of the SDK whose calls are made by the World's own hand:
// they have no wire, and no policy is asked.
func FixtureConfig(w *fakeaws.World, account, region string) aws.Config {
	return DoConfig(w, w.Fixture(account, region))
}

type actorKey struct{}

// As is the context of calls that another actor makes than that of the client's
// DoConfig.
func As(ctx context.Context, actor fakeaws.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// DoConfig makes clients of the SDK whose calls an actor makes with [fakeaws.Do]: as,
// or the one of the call's context, see As.
func DoConfig(w *fakeaws.World, as fakeaws.Actor) aws.Config {
	do := middleware.InitializeMiddlewareFunc("worldtest:Do", func(ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		actor, ok := ctx.Value(actorKey{}).(fakeaws.Actor)
		if !ok {
			actor = as
		}
		out, err := w.Do(ctx, actor, in.Parameters)
		return middleware.InitializeOutput{Result: out}, middleware.Metadata{}, err
	})
	return aws.Config{
		Region:  Region,
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
			return s.Initialize.Add(do, middleware.Before)
		}},
	}
}

// RequireError requires AWS's error with that code and message.
func RequireError(t testing.TB, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}
