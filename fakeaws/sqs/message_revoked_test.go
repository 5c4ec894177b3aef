package sqs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A poll that waits gets no message that came when its caller may receive none any more;
// another poll gets it.
func TestARevokedPollGetsNothing(t *testing.T) {
	t.Parallel()
	const receive = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:ReceiveMessage","Resource":"*"}]}`
	unknown := []string{"InvalidClientTokenId", "The security token included in the request is invalid."}
	denied := []string{"AccessDenied", `User: arn:aws:iam::` + owner + `:user/bob is not authorized to perform: sqs:receivemessage on resource: ` + queueARN + ` because no identity-based policy allows the sqs:receivemessage action`}
	for name, tc := range map[string]struct {
		policy string
		revoke func(t *testing.T, c *cloud, url *string, key *fakeaws.Credential)
		want   []string
	}{
		"its user is deleted": {receive, func(_ *testing.T, c *cloud, _ *string, key *fakeaws.Credential) {
			c.users.Delete(c.World.World, key)
		}, unknown},
		"its key is deleted": {receive, func(_ *testing.T, c *cloud, _ *string, key *fakeaws.Credential) {
			c.DeleteCredential(key.AccessKeyID)
		}, unknown},
		"its key is inactive": {receive, func(_ *testing.T, c *cloud, _ *string, key *fakeaws.Credential) {
			inactive := *key
			inactive.Inactive = true
			c.SetCredential(&inactive)
		}, unknown},
		"its account is closed": {receive, func(_ *testing.T, c *cloud, _ *string, _ *fakeaws.Credential) {
			c.CloseAccount(owner)
		}, unknown},
		"its user's policy is detached": {receive, func(_ *testing.T, c *cloud, _ *string, key *fakeaws.Credential) {
			c.users.SetPolicy(key, "")
		}, denied},
		"the queue's policy is taken away": {"", func(t *testing.T, c *cloud, url *string, _ *fakeaws.Credential) {
			_, err := c.root().SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Policy": ""}})
			require.NoError(t, err)
		}, denied},
		"nothing is revoked": {receive, func(*testing.T, *cloud, *string, *fakeaws.Credential) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t)
				root := c.root()
				policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sqs:ReceiveMessage","Resource":"*"}]}`
				if tc.policy != "" {
					policy = ""
				}
				url := create(t, root, map[string]string{"Policy": policy})
				provider := c.userKey(owner, "bob", tc.policy)
				keys, err := provider.Retrieve(t.Context())
				require.NoError(t, err)
				key, _ := c.Credential(keys.AccessKeyID)
				type answer struct {
					messages []types.Message
					err      error
				}
				poll := func(client *awssqs.Client) chan answer {
					got := make(chan answer, 1)
					go func() {
						out, err := client.ReceiveMessage(context.Background(), &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
						if err != nil {
							out = new(awssqs.ReceiveMessageOutput)
						}
						got <- answer{out.Messages, err}
					}()
					synctest.Wait()
					return got
				}
				bobs := poll(c.client(provider))
				time.Sleep(time.Second)
				tc.revoke(t, c, url, key)
				fixture := c.Fixture(owner, region)
				_, err = fakeaws.Do[awssqs.SendMessageOutput](t.Context(), c.World.World, fixture, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("secret")})
				require.NoError(t, err)
				got := <-bobs
				if tc.want == nil {
					require.NoError(t, got.err)
					assert.Len(t, got.messages, 1)
					return
				}
				var api smithy.APIError
				require.ErrorAs(t, got.err, &api)
				assert.Equal(t, tc.want, []string{api.ErrorCode(), api.ErrorMessage()})
				out, err := fakeaws.Do[awssqs.ReceiveMessageOutput](t.Context(), c.World.World, fixture, &awssqs.ReceiveMessageInput{QueueUrl: url})
				require.NoError(t, err)
				assert.Len(t, out.Messages, 1, "nobody has received it")
			})
		})
	}
}
