package sns_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// A message reaches the queues whose policies let SNS, and what is refused is dropped or in
// the dead-letter queue. The log has both decisions.
func TestFanOut(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		topic := c.topic(t, "orders")
		open, closed := c.queue(t, owner, "open", topicARN), c.queue(t, owner, "closed", "")
		other, dead := c.queue(t, owner, "other", topicARN+"-2"), c.queue(t, owner, "dead", topicARN)
		open.subscribe(t, c.root(), topic)
		closed.subscribe(t, c.root(), topic)
		publish(t, c.root(), topic, "one")
		assert.Equal(t, "one", open.notification(t)["Message"])
		assert.Empty(t, closed.bodies(t))
		refused := c.lastDelivery(t)
		assert.True(t, refused.Denied)
		assert.Equal(t, []string{"sqs", "SendMessage"}, []string{refused.Service, refused.Operation})

		other.subscribe(t, c.root(), topic, "RedrivePolicy", `{"deadLetterTargetArn":"`+dead.arn+`"}`)
		publish(t, c.root(), topic, "two")
		assert.Empty(t, other.bodies(t), "its policy names another topic")
		require.Len(t, dead.messages(t), 1)
		assert.Equal(t, "AccessDenied", *dead.messages(t)[0].Attributes["ErrorCode"].StringValue)
		assert.Contains(t, dead.bodies(t)[0], `"Message" : "two"`)
		assert.Len(t, open.messages(t), 2)

		published := sns.Published(c.World.World, topicARN)
		require.Len(t, published, 2)
		var outcomes []sns.Outcome
		for _, d := range published[1].Deliveries {
			outcomes = append(outcomes, d.Outcome)
		}
		assert.Equal(t, []sns.Outcome{sns.Delivered, sns.Dropped, sns.DeadLettered}, outcomes)
		assert.Contains(t, published[1].Deliveries[1].Reason, "denied")
	})
}

// verify checks a notification as the developer guide says, with a certificate.
func verify(t *testing.T, n map[string]any, certificate *x509.Certificate) error {
	t.Helper()
	var text strings.Builder
	for _, name := range []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
		if value, ok := n[name]; ok {
			fmt.Fprintf(&text, "%s\n%s\n", name, value)
		}
	}
	signature, err := base64.StdEncoding.DecodeString(n["Signature"].(string))
	require.NoError(t, err)
	hash, digest := crypto.SHA1, sha1.Sum([]byte(text.String()))
	sum := digest[:]
	if n["SignatureVersion"] == "2" {
		digest := sha256.Sum256([]byte(text.String()))
		hash, sum = crypto.SHA256, digest[:]
	}
	return rsa.VerifyPKCS1v15(certificate.PublicKey.(*rsa.PublicKey), hash, sum, signature)
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		for _, version := range []string{"1", "2"} {
			topic := c.topic(t, "v"+version, "SignatureVersion", version)
			q := c.queue(t, owner, "q"+version, *topic)
			q.subscribe(t, c.root(), topic)
			_, err := c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("<ä> \"\n&"), Subject: aws.String("Hi"), MessageAttributes: map[string]types.MessageAttributeValue{
				"n": {DataType: aws.String("Number"), StringValue: aws.String("1.5")}, "b": {DataType: aws.String("Binary"), BinaryValue: []byte{1}},
			}})
			require.NoError(t, err)
			n := q.notification(t)
			assert.Equal(t, "<ä> \"\n&", n["Message"])
			assert.Contains(t, q.bodies(t)[0], `"Message" : "<ä> \"\n&"`)
			assert.Equal(t, map[string]any{"n": map[string]any{"Type": "Number", "Value": "1.5"}, "b": map[string]any{"Type": "Binary", "Value": "AQ=="}}, n["MessageAttributes"])
			assert.Equal(t, version, n["SignatureVersion"])
			require.NoError(t, verify(t, n, sns.Certificate(c.World.World)))
			n["Message"] = "another"
			require.Error(t, verify(t, n, sns.Certificate(c.World.World)))

			get := func(url string) string {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
				require.NoError(t, err)
				answer, err := c.Door().Do(r)
				require.NoError(t, err)
				defer answer.Body.Close()
				body, err := io.ReadAll(answer.Body)
				require.NoError(t, err)
				assert.Equal(t, 200, answer.StatusCode, string(body))
				return string(body)
			}
			block, _ := pem.Decode([]byte(get(n["SigningCertURL"].(string))))
			require.NotNil(t, block)
			assert.Equal(t, sns.Certificate(c.World.World).Raw, block.Bytes)
			get(n["UnsubscribeURL"].(string))
			assert.Empty(t, sns.Subscriptions(c.World.World, *topic))
		}
	})
}

func TestRawDelivery(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	q := c.queue(t, owner, "q", topicARN)
	q.subscribe(t, c.root(), topic, "RawMessageDelivery", "true")
	attributes := map[string]types.MessageAttributeValue{"a": {DataType: aws.String("String.Array"), StringValue: aws.String(`["x"]`)}}
	_, err := c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, MessageStructure: aws.String("json"), Message: aws.String(`{"default":"d","sqs":"for queues","email":"e"}`), MessageAttributes: attributes, MessageGroupId: aws.String("tenant")})
	require.NoError(t, err)
	m := q.messages(t)[0]
	assert.Equal(t, "for queues", m.Body)
	assert.Equal(t, "tenant", m.GroupID)
	assert.Equal(t, `["x"]`, *m.Attributes["a"].StringValue)
	assert.Equal(t, "String.Array", *m.Attributes["a"].DataType)
}

func TestFIFO(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders.fifo", "FifoTopic", "true", "ContentBasedDeduplication", "true")
	first, second, standard := c.queue(t, owner, "a.fifo", *topic), c.queue(t, owner, "b.fifo", *topic), c.queue(t, owner, "c", *topic)
	for _, q := range []*queue{first, second, standard} {
		q.subscribe(t, c.root(), topic, "RawMessageDelivery", "true")
	}
	var want []string
	last := ""
	for i := range 30 {
		body := fmt.Sprint(i)
		want = append(want, body)
		for range 2 { // each is a duplicate of itself
			out, err := c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: &body, MessageGroupId: aws.String(fmt.Sprint(i % 3))})
			require.NoError(t, err)
			assert.GreaterOrEqual(t, *out.SequenceNumber, last)
			last = *out.SequenceNumber
		}
	}
	for _, q := range []*queue{first, second, standard} {
		assert.Equal(t, want, q.bodies(t))
	}
	assert.Equal(t, "1", first.messages(t)[1].GroupID)

	_, err := c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("x")})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics")
	require.NoError(t, setAttribute(t, c.root(), topic, "ContentBasedDeduplication", "false"))
	_, err = c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("x"), MessageGroupId: aws.String("g")})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	// The scope of a group has an id once for each group.
	require.NoError(t, setAttribute(t, c.root(), topic, "FifoThroughputScope", "MessageGroup"))
	for _, group := range []string{"g", "h", "g"} {
		_, err := c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("x" + group), MessageGroupId: &group, MessageDeduplicationId: aws.String("id")})
		require.NoError(t, err)
	}
	assert.Equal(t, append(want, "xg", "xh"), standard.bodies(t))

	_, err = c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: c.topic(t, "orders"), Protocol: aws.String("sqs"), Endpoint: &first.arn})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
}

func TestFilters(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	attributes, body := c.queue(t, owner, "attributes", topicARN), c.queue(t, owner, "body", topicARN)
	attributes.subscribe(t, c.root(), topic, "RawMessageDelivery", "true", "FilterPolicy", `{"kind":["book"],"price":[{"numeric":["<",10]}]}`)
	byBody := body.subscribe(t, c.root(), topic, "RawMessageDelivery", "true", "FilterPolicyScope", "MessageBody", "FilterPolicy", `{"order":{"kind":["book"]}}`)
	send := func(message, kind, price string) {
		_, err := c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: &message, MessageAttributes: map[string]types.MessageAttributeValue{
			"kind": {DataType: aws.String("String"), StringValue: &kind}, "price": {DataType: aws.String("Number"), StringValue: &price},
		}})
		require.NoError(t, err)
	}
	send("cheap", "book", "9.5")
	send("dear", "book", "10")
	send(`{"order":{"kind":"book"}}`, "x", "1")
	assert.Equal(t, []string{"cheap"}, attributes.bodies(t))
	assert.Equal(t, []string{`{"order":{"kind":"book"}}`}, body.bodies(t))

	_, err := c.root().SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: byBody, AttributeName: aws.String("FilterPolicyScope"), AttributeValue: aws.String("MessageAttributes")})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy")
	_, err = c.root().SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: byBody, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String(`{"a":[]}`)})
	worldtest.RequireError(t, err, "InvalidParameter", "Invalid parameter: FilterPolicy: Empty arrays are not allowed")
	_, err = c.root().SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: byBody, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String(`{}`)})
	require.NoError(t, err)
	send("all", "x", "1")
	assert.Len(t, body.bodies(t), 2)
}

// An encrypted queue takes what SNS sends if its key lets SNS.
func TestEncryptedQueue(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	topic := c.topic(t, "orders")
	q := c.queue(t, owner, "q", topicARN, "KmsMasterKeyId", key.ARN)
	q.subscribe(t, c.root(), topic)
	publish(t, c.root(), topic, "x")
	assert.Empty(t, q.bodies(t))
	assert.Contains(t, sns.Published(c.World.World, topicARN)[0].Deliveries[0].Reason, "kms:GenerateDataKey")
	policy, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"}]}`, enforce.KeyPolicy, enforce.Source{})
	require.NoError(t, err)
	require.NoError(t, key.SetPolicy(policy))
	publish(t, c.root(), topic, "x")
	assert.Len(t, q.bodies(t), 1)
}

// A publisher to an encrypted topic needs its key, through SNS.
func TestEncryptedTopic(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	topic := c.topic(t, "orders", "KmsMasterKeyId", key.ID)
	through := func(actions, service string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:Publish","Resource":"*"},{"Effect":"Allow","Action":` + actions + `,"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"` + service + `.us-east-1.amazonaws.com"}}}]}`
	}
	for name, tc := range map[string]struct {
		policy string
		code   string
	}{
		"both":            {through(`["kms:GenerateDataKey*","kms:Decrypt"]`, "sns"), ""},
		"not-generate":    {through(`"kms:Decrypt"`, "sns"), "KMSAccessDenied"},
		"not-decrypt":     {through(`"kms:GenerateDataKey"`, "sns"), "KMSAccessDenied"},
		"another-service": {through(`"kms:*"`, "sqs"), "KMSAccessDenied"},
		"no-key":          {allow("sns:Publish", "*"), "KMSAccessDenied"},
		"not-publish":     {allow("kms:*", "*"), "AuthorizationError"},
	} {
		_, err := c.user(owner, name, tc.policy).Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("x")})
		if tc.code == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, tc.code, name)
	}
	require.NoError(t, setAttribute(t, c.root(), topic, "KmsMasterKeyId", "alias/missing"))
	_, err = c.root().Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("x")})
	require.ErrorContains(t, err, "KMSNotFound")
}

// HTTP endpoints get what SNS posts, if Go code stands for them.
func TestHTTPEndpoints(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	var kinds []string
	status := http.StatusOK
	sns.Deliver(c.World.World, "https://example.com/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		kinds = append(kinds, r.Header.Get("X-Amz-Sns-Message-Type")+" "+r.URL.Path)
		if _, link, ok := strings.Cut(string(body), `"SubscribeURL" : "`); ok {
			link, _, _ = strings.Cut(link, `"`)
			request, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, link, nil)
			answer, err := c.Door().Do(request)
			if err != nil {
				panic(err)
			}
			_ = answer.Body.Close()
		}
		w.WriteHeader(status)
	}))
	subscribe := func(endpoint string) {
		out, err := c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("https"), Endpoint: &endpoint})
		require.NoError(t, err)
		assert.Equal(t, "pending confirmation", *out.SubscriptionArn)
	}
	subscribe("https://example.com/hook")
	subscribe("https://elsewhere.example/hook")
	subs := sns.Subscriptions(c.World.World, topicARN)
	assert.Equal(t, []bool{false, true}, []bool{subs[0].Pending, subs[1].Pending})
	_, err := c.root().ConfirmSubscription(t.Context(), &awssns.ConfirmSubscriptionInput{TopicArn: topic, Token: &subs[1].Token})
	require.NoError(t, err)
	publish(t, c.root(), topic, "x")
	assert.Equal(t, []string{"SubscriptionConfirmation /hook", "Notification /hook"}, kinds)
	deliveries := sns.Published(c.World.World, topicARN)[0].Deliveries
	assert.Equal(t, sns.Delivered, deliveries[0].Outcome)
	assert.Equal(t, sns.Dropped, deliveries[1].Outcome)
	assert.Contains(t, deliveries[1].Reason, "no handler stands for the endpoint")
	events := c.Log().Events()
	assert.Contains(t, events[len(events)-1].Help, "no handler stands for the endpoint")
	status = http.StatusInternalServerError
	publish(t, c.root(), topic, "x")
	assert.Equal(t, "the endpoint answered 500", sns.Published(c.World.World, topicARN)[1].Deliveries[0].Reason)
}

// Where nothing judges calls of Lambda, a function is not given to Go code.
func TestLambdaIsJudged(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	topic := c.topic(t, "orders")
	function := "arn:aws:lambda:us-east-1:" + owner + ":function:f"
	called := false
	c.World.World.Receive(function, func(context.Context, *fakeaws.Delivery) ([]byte, error) { called = true; return nil, errors.New("x") })
	_, err := c.root().Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: topic, Protocol: aws.String("lambda"), Endpoint: &function})
	require.NoError(t, err)
	publish(t, c.root(), topic, "x")
	assert.False(t, called)
	assert.Contains(t, sns.Published(c.World.World, topicARN)[0].Deliveries[0].Reason, "this World has no lambda")
}
