package sns_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// A function gets an event once its policy lets SNS invoke it for the topic.
func TestFunctions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(sns.Service))
	topic, function := fakeaws.ARN("sns", region, acct.ID(), "orders"), fakeaws.ARN("lambda", region, acct.ID(), "function:f")
	client := awssns.NewFromConfig(acct.Config())
	_, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("orders")})
	require.NoError(t, err)
	_, err = client.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("lambda"), Endpoint: &function})
	require.NoError(t, err)
	var events []string
	acct.World().Receive(function, func(_ context.Context, event *fakeaws.Delivery) ([]byte, error) {
		var e struct {
			Records []struct {
				Sns struct{ Message, Type string }
			}
		}
		if err := json.Unmarshal(event.Body, &e); err != nil {
			return nil, err
		}
		events = append(events, e.Records[0].Sns.Message)
		return nil, nil
	})
	permit := func(source string) {
		body := `{"StatementId":"` + source[strings.LastIndexByte(source, ':')+1:] + `","Action":"lambda:InvokeFunction","Principal":"sns.amazonaws.com","SourceArn":"` + source + `"}`
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://lambda."+region+".amazonaws.com/2015-03-31/functions/f/policy", strings.NewReader(body))
		require.NoError(t, err)
		key, err := acct.Config().Credentials.Retrieve(t.Context())
		require.NoError(t, err)
		sum := sha(body)
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), key, r, sum, "lambda", region, acct.World().Clock().Now()))
		answer, err := acct.World().Door().Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
	}
	publish(t, client, &topic, "denied")
	permit(topic + "-2")
	publish(t, client, &topic, "for another topic")
	permit(topic)
	publish(t, client, &topic, "allowed")
	assert.Equal(t, []string{"allowed"}, events)
	published := sns.Published(acct.World(), topic)
	assert.Contains(t, published[0].Deliveries[0].Reason, "not authorized to perform: lambda:InvokeFunction")
	assert.Equal(t, sns.Delivered, published[2].Deliveries[0].Outcome)
}

// A delivery stream gets records with the role of the subscription.
func TestDeliveryStreams(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(sns.Service))
	topic, stream := fakeaws.ARN("sns", region, acct.ID(), "orders"), fakeaws.ARN("firehose", region, acct.ID(), "deliverystream/s")
	client := awssns.NewFromConfig(acct.Config())
	_, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("orders")})
	require.NoError(t, err)
	role := acct.NewRole("delivery", awstest.Trust(awstest.Allow("sts:AssumeRole").By("sns.amazonaws.com")))
	_, err = client.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("firehose"), Endpoint: &stream, Attributes: map[string]string{"SubscriptionRoleArn": role.ARN(), "RawMessageDelivery": "true"}})
	require.NoError(t, err)
	var records []string
	acct.World().Receive(stream, func(_ context.Context, record *fakeaws.Delivery) ([]byte, error) {
		records = append(records, string(record.Body))
		return nil, nil
	})
	publish(t, client, &topic, "denied")
	role.Attach(awstest.Allow("firehose:PutRecord").On(stream))
	publish(t, client, &topic, "allowed")
	assert.Equal(t, []string{"allowed"}, records)
	assert.Contains(t, sns.Published(acct.World(), topic)[0].Deliveries[0].Reason, "not authorized to perform: firehose:PutRecord")
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Where denials stop no call, they stop no delivery.
func TestDeliveriesOutsideOfStrictMode(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]fakeaws.Mode{"soft": awstest.Soft, "off": awstest.Off} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, awstest.With(sns.Service), awstest.WithMode(mode))
			topic, function, stream := fakeaws.ARN("sns", region, acct.ID(), "orders"), fakeaws.ARN("lambda", region, acct.ID(), "function:f"), fakeaws.ARN("firehose", region, acct.ID(), "deliverystream/s")
			client := awssns.NewFromConfig(acct.Config())
			_, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("orders")})
			require.NoError(t, err)
			role := acct.NewRole("delivery", awstest.Trust(awstest.Allow("sts:AssumeRole").By("sns.amazonaws.com")))
			for _, in := range []awssns.SubscribeInput{
				{Protocol: aws.String("lambda"), Endpoint: &function},
				{Protocol: aws.String("firehose"), Endpoint: &stream, Attributes: map[string]string{"SubscriptionRoleArn": role.ARN()}},
			} {
				in.TopicArn = &topic
				_, err = client.Subscribe(t.Context(), &in)
				require.NoError(t, err)
			}
			got := 0
			for _, endpoint := range []string{function, stream} {
				acct.World().Receive(endpoint, func(context.Context, *fakeaws.Delivery) ([]byte, error) {
					got++
					return nil, nil
				})
			}
			publish(t, client, &topic, "message")
			assert.Equal(t, 2, got)
		})
	}
}
