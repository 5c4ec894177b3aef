package lambdatest_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// A handler finds the config of its role in its context, and Go code sees what was invoked.
func TestFunctions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	role := acct.NewRole("worker", lambdatest.Trust())
	whoami := func(ctx context.Context) (string, error) {
		lambdatest.Logger(ctx).Info("who", "function", lambdatest.Getenv(ctx, "AWS_LAMBDA_FUNCTION_NAME"))
		out, err := sts.NewFromConfig(lambdatest.Config(ctx)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", err
		}
		return *out.Arn, nil
	}
	fn := lambdatest.Of(acct).Handle("whoami", role, whoami)
	assert.JSONEq(t, `"arn:aws:sts::`+acct.ID()+`:assumed-role/worker/whoami"`, string(fn.Invoke(nil)))
	all := fn.Invocations()
	require.Len(t, all, 1)
	assert.Contains(t, all[0].Log, "msg=who function=whoami\n")
	assert.False(t, all[0].Failed)
	assert.Equal(t, "arn:aws:lambda:us-east-1:"+acct.ID()+":function:whoami", fn.ARN())
	assert.Empty(t, acct.Calls().Of("lambda:InvokeFunction"), "what sets up is not shown")
}

// HandleConfig makes the handler once for an environment, and anew for another role.
func TestHandleConfig(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	made := 0
	fn := lambdatest.Of(acct).HandleConfig("fn", acct.NewRole("worker", lambdatest.Trust()), func(cfg aws.Config) any {
		made++
		return func() (string, error) { return cfg.Region, nil }
	})
	for range 2 {
		assert.Equal(t, `"us-east-1"`, string(fn.Invoke(nil)))
	}
	assert.Equal(t, 1, made)
	lambdatest.Of(acct.Clone(t)).Function("fn").Invoke(nil)
	assert.Equal(t, 2, made)
}
