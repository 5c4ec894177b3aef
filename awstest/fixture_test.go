package awstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDo(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	out := awstest.Do[iam.CreateInstanceProfileOutput](acct, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")})
	assert.Equal(t, "arn:aws:iam::000000000000:instance-profile/web", *out.InstanceProfile.Arn)
	assert.Empty(t, acct.Calls())
	events := acct.World().Log().Events()
	require.Len(t, events, 1)
	assert.True(t, events[0].Fixture)

	r := failing(t, func(tb awstest.TB) {
		awstest.Do[iam.DeleteInstanceProfileOutput](awstest.New(tb), &iam.DeleteInstanceProfileInput{InstanceProfileName: aws.String("web")})
	})
	require.True(t, r.fatal)
	assert.Contains(t, r.errors[0], "awstest: DeleteInstanceProfile: ")
	assert.Contains(t, r.errors[0], "NoSuchEntity")
}

// What sets a test up is listed only when the test asks for it.
func TestFixturesAreListedWhenVerbose(t *testing.T) {
	t.Parallel()
	listed := func(opts ...awstest.Option) string {
		r := failing(t, func(tb awstest.TB) {
			acct := awstest.New(tb, opts...)
			user := acct.NewUser("alice", awstest.Allow("s3:ListAllMyBuckets"))
			require.NoError(t, list(tb.Context(), user.Config()))
			require.Len(t, acct.Calls(), 1)
			tb.Errorf("failed")
		})
		return strings.Join(r.logs, "\n")
	}
	assert.NotContains(t, listed(), "FIXTURE")
	assert.Contains(t, listed(), "ALLOW user/alice s3:ListAllMyBuckets")
	verbose := listed(awstest.WithVerbose())
	assert.Contains(t, verbose, "FIXTURE root iam:CreateUser\n")
	assert.Contains(t, verbose, "FIXTURE root iam:CreateAccessKey\n")
	assert.Contains(t, verbose, "FIXTURE root iam:PutUserPolicy\n")
	assert.Contains(t, verbose, "ALLOW user/alice s3:ListAllMyBuckets")
}

// A service of a test's own takes the place of the fake.
func TestWith(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(fakeaws.Service{Name: "sqs", New: func(*fakeaws.World) fakeaws.Fake { return oneQueue{} }}))
	ask := func(ctx context.Context, cfg aws.Config) error {
		out, err := awssqs.NewFromConfig(cfg).GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("q")})
		if err == nil {
			assert.Equal(t, "the one", *out.QueueUrl)
		}
		return err
	}
	awstest.Cases{
		{Name: "allowed", As: acct.NewUser("alice", awstest.Allow("sqs:GetQueueUrl")), Call: ask, Want: awstest.WantAllowed()},
		{Name: "denied", As: acct.NewUser("bob"), Call: ask, Want: awstest.WantDenied("sqs:GetQueueUrl")},
	}.Run(t)
	require.NoError(t, list(t.Context(), acct.Config()), "the other services are there")
}

type oneQueue struct{}

func (oneQueue) Ops() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(func(call *fakeaws.Call, _ *awssqs.GetQueueUrlInput) (*fakeaws.Plan[*awssqs.GetQueueUrlOutput], error) {
		return &fakeaws.Plan[*awssqs.GetQueueUrlOutput]{
			Needs: []fakeaws.Need{{Action: "sqs:GetQueueUrl", Resource: "arn:aws:sqs:us-east-1:000000000000:q", ResourceAccount: call.Account}},
			Do: func() (*awssqs.GetQueueUrlOutput, error) {
				return &awssqs.GetQueueUrlOutput{QueueUrl: aws.String("the one")}, nil
			},
		}, nil
	})}
}

func (oneQueue) Denied(_ *fakeaws.Call, _ *fakeaws.Need, d *enforce.Decision) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: d.Message(enforce.MessageStyle{}), Status: 403}
}
