// Package everyservice judges the calls of services that leastpriv has no fake of, made by
// the SDK's own clients. It is a module of its own, so that the SDK's modules of those
// services are in nobody else's go.sum.
package everyservice

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// account is the account of the tests, and region that of their clients.
const (
	account = "000000000000"
	region  = "us-east-1"
)

// A row is an operation with the permission that it needs.
type row struct {
	operation string
	action    string
	// resource is what the call is about, as policies name it, and other another one of its
	// kind. An action without resource-level permissions has "*".
	resource, other string
	// printed is how a denial names the resource where that is not the ARN.
	printed string
	// also are permissions that are needed besides.
	also []awstest.Statement
	call
}

// A call is a call of a real client.
type call struct {
	// prepare makes what the call needs, and returns it.
	prepare func(*awstest.Account) call
	// stub has an account answer the call; nil for a service with a fake.
	stub func(acct *awstest.Account, answered func())
	do   func(ctx context.Context, cfg aws.Config) error
}

// operation is a call of a service without a fake, which a stub answers.
func operation[C, Options, I, O any](
	client func(aws.Config, ...func(*Options)) *C,
	method func(*C, context.Context, *I, ...func(*Options)) (*O, error),
	in *I,
) call {
	c := faked(client, method, in)
	c.stub = func(acct *awstest.Account, answered func()) {
		awstest.Stub(acct, func(_ context.Context, got *I) (*O, error) {
			answered()
			return new(O), nil
		})
	}
	return c
}

// faked is a call of a service with a fake.
func faked[C, Options, I, O any](
	client func(aws.Config, ...func(*Options)) *C,
	method func(*C, context.Context, *I, ...func(*Options)) (*O, error),
	in *I,
) call {
	return call{do: func(ctx context.Context, cfg aws.Config) error {
		own := *in // clients fill in tokens
		_, err := method(client(cfg), ctx, &own)
		return err
	}}
}

// prepared is a call whose input depends on what was made for it.
func prepared(make func(*awstest.Account) call) call { return call{prepare: make} }

// doors are the two ways to a World.
var doors = map[string][]awstest.Option{"process": nil, "socket": {awstest.WithSocket()}}

// Each operation is denied to a role without the permission and to one that has it on
// another resource, and allowed to a role that has it on the resource.
func TestCoverage(t *testing.T) {
	t.Parallel()
	for _, rows := range [][]row{analyticsRows, computeRows, databaseRows, messagingRows, securityRows, storageRows} {
		for _, r := range rows {
			for door, options := range doors {
				t.Run(r.operation+"/"+door, func(t *testing.T) {
					t.Parallel()
					r.test(t, awstest.New(t, options...), door == "socket")
				})
			}
		}
	}
}

func (r row) test(t *testing.T, acct *awstest.Account, socket bool) {
	if r.prepare != nil {
		r.call = r.prepare(acct)
	}
	answers := 0
	if r.stub != nil {
		r.stub(acct, func() { answers++ })
	}
	with := func(name string, own ...awstest.Statement) aws.Config {
		return acct.NewRole(name, awstest.Statements(append(own, r.also...)...)).Config()
	}

	nothing := with("nothing", awstest.Allow("iam:ListRoles"))
	err := r.do(t.Context(), nothing)
	awstest.RequireDenied(t, err, r.action)
	if r.resource != "*" {
		text := strings.ReplaceAll(err.Error(), `"`, "") + " " // S3 has the ARN in quotes
		assert.Contains(t, text, " on resource: "+cmp.Or(r.printed, r.resource)+" ", "the denial names what the permission is lacked on")
		assert.Contains(t, strings.ToLower(text), " is not authorized to perform: "+strings.ToLower(r.action)+" ")
	}

	elsewhere := r.other
	if r.resource == "*" { // the permission is on all resources or none
		elsewhere = arn(strings.Split(r.action, ":")[0], "thing/one")
	}
	awstest.RequireDenied(t, r.do(t.Context(), with("elsewhere", awstest.Allow(r.action).On(elsewhere))), r.action)
	require.Zero(t, answers, "what is denied reaches no stub")

	err = r.do(t.Context(), with("granted", awstest.Allow(r.action).On(r.resource)))
	last := acct.Calls().Allowed()
	require.NotEmpty(t, last, "%v", err)
	require.NotEmpty(t, last[len(last)-1].Decisions)
	if r.stub != nil && socket && lacksShapes(err) {
		return
	}
	awstest.RequireAllowed(t, err)
	if r.stub != nil {
		require.Equal(t, 1, answers)
	}
}

// lacksShapes reports whether leastpriv cannot decode what came over the socket for a stub:
// it was judged all the same.
func lacksShapes(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NotImplemented" && strings.Contains(api.ErrorMessage(), "does not know the shapes")
}

// GetCallerIdentity needs no permission: not even a Deny takes it away.
func TestGetCallerIdentityIsAlwaysAllowed(t *testing.T) {
	t.Parallel()
	for door, options := range doors {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, options...)
			for name, role := range map[string]*awstest.Principal{
				"nothing": acct.NewRole("nothing"), "denied": acct.NewRole("denied", awstest.Deny("*").On("*")),
			} {
				out, err := sts.NewFromConfig(role.Config()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
				awstest.RequireAllowed(t, err)
				assert.Equal(t, "arn:aws:sts::"+account+":assumed-role/"+name+"/"+name, *out.Arn)
			}
		})
	}
}
