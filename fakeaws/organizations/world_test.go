package organizations_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	scp      = types.PolicyTypeServiceControlPolicy
	rcp      = types.PolicyTypeResourceControlPolicy
	allowAll = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	denyS3   = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`
	denyRCP  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`
	full     = "p-FullAWSAccess"
	fullRCP  = "p-RCPFullAWSAccess"
)

// A tree is an organization of a test, with one member account in its root.
type tree struct {
	t      *testing.T
	acct   *awstest.Account
	member *awstest.Account
	org    *awstest.Organization
	root   *sdk.Client // of the management account's root user
}

// eachDoor runs a test through both doors.
func eachDoor(t *testing.T, story func(*tree)) {
	t.Helper()
	for name, options := range map[string][]awstest.Option{"in process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, options...)
			org := acct.NewOrganization()
			story(&tree{t, acct, org.NewAccount(), org, client(acct.Config())})
		})
	}
}

// client is an SDK client that sends what the SDK would refuse, so that the
// service's own answer is seen.
func client(cfg aws.Config) *sdk.Client {
	return sdk.NewFromConfig(cfg, func(o *sdk.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			_, _ = s.Initialize.Remove("OperationInputValidation")
			return nil
		})
	})
}

func (w *tree) unit(parent, name string) string {
	w.t.Helper()
	out, err := w.root.CreateOrganizationalUnit(w.t.Context(), &sdk.CreateOrganizationalUnitInput{ParentId: &parent, Name: &name})
	require.NoError(w.t, err)
	return *out.OrganizationalUnit.Id
}

func (w *tree) policy(kind types.PolicyType, name, document string) string {
	w.t.Helper()
	out, err := w.root.CreatePolicy(w.t.Context(), &sdk.CreatePolicyInput{Type: kind, Name: &name, Content: &document, Description: aws.String("d")})
	require.NoError(w.t, err)
	return *out.Policy.PolicySummary.Id
}

func (w *tree) attach(policy, target string) error {
	_, err := w.root.AttachPolicy(w.t.Context(), &sdk.AttachPolicyInput{PolicyId: &policy, TargetId: &target})
	return err
}

func (w *tree) detach(policy, target string) error {
	_, err := w.root.DetachPolicy(w.t.Context(), &sdk.DetachPolicyInput{PolicyId: &policy, TargetId: &target})
	return err
}

// call makes a call of an operation for a table.
func call[I, O any](ctx context.Context, op func(context.Context, I, ...func(*sdk.Options)) (O, error), in I) func() error {
	return func() error {
		_, err := op(ctx, in)
		return err
	}
}

// A row is a call and the error that it gets, with its reason and text where the
// test cares.
type row struct {
	name               string
	code, reason, text string
	call               func() error
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		err := r.call()
		if r.code == "" {
			assert.NoError(t, err, r.name)
			continue
		}
		var api smithy.APIError
		if !assert.ErrorAs(t, err, &api, r.name) {
			continue
		}
		assert.Equal(t, r.code, api.ErrorCode(), r.name)
		var violated *types.ConstraintViolationException
		var invalid *types.InvalidInputException
		var refused *types.HandshakeConstraintViolationException
		switch {
		case errors.As(err, &refused):
			assert.Equal(t, r.reason, string(refused.Reason), r.name)
		case errors.As(err, &violated):
			assert.Equal(t, r.reason, string(violated.Reason), r.name)
		case errors.As(err, &invalid):
			assert.Equal(t, r.reason, string(invalid.Reason), r.name)
		default:
			assert.Empty(t, r.reason, r.name)
		}
		if r.text != "" {
			assert.Equal(t, r.text, api.ErrorMessage(), r.name)
		}
	}
}
