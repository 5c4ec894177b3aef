package awstest_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const clusterHeader = "x-k8s-aws-id"

// The token with which kubectl speaks to an EKS cluster is a presigned
// GetCallerIdentity, signed for the cluster's name. The cluster sends it on to
// STS and learns who it is.
func TestEKSToken(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		user := acct.NewUser("alice", awstest.Deny("*"))
		token := eksToken(t, user, "prod")
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "k8s-aws-v1."))
		require.NoError(t, err)
		ask := func(cluster string) (int, string) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, string(raw), nil)
			require.NoError(t, err)
			req.Header.Set(clusterHeader, cluster)
			// By net/http, or with the transport of the World where the URL is AWS's own.
			client := &http.Client{}
			if acct.Config().BaseEndpoint == nil {
				client.Transport = acct.World().Door()
			}
			defer client.CloseIdleConnections()
			resp, err := client.Do(req)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			return resp.StatusCode, string(body)
		}
		status, body := ask("prod")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, body, "<Arn>"+user.ARN()+"</Arn>")
		status, body = ask("staging")
		assert.Equal(t, http.StatusForbidden, status)
		assert.Contains(t, body, "<Code>SignatureDoesNotMatch</Code>")
		acct.Advance(16 * time.Minute)
		status, _ = ask("prod")
		assert.Equal(t, http.StatusForbidden, status)
	})
}

// eksToken makes a token as "aws eks get-token" does.
func eksToken(t testing.TB, user *awstest.Principal, cluster string) string {
	t.Helper()
	presigner := sts.NewPresignClient(sts.NewFromConfig(user.Config()))
	presigned, err := presigner.PresignGetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, func(o *sts.PresignOptions) {
		o.ClientOptions = append(o.ClientOptions, sts.WithAPIOptions(func(stack *middleware.Stack) error {
			return stack.Build.Add(middleware.BuildMiddlewareFunc("cluster", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (
				middleware.BuildOutput, middleware.Metadata, error,
			) {
				in.Request.(*smithyhttp.Request).Header.Set(clusterHeader, cluster)
				return next.HandleBuild(ctx, in)
			}), middleware.After)
		}))
	})
	require.NoError(t, err)
	assert.Contains(t, presigned.URL, "X-Amz-SignedHeaders=host%3B"+clusterHeader)
	return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(presigned.URL))
}
