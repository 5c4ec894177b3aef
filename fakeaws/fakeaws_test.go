package fakeaws

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// queues is a service with a row that forgot its permissions.
type queues struct{ calls int }

func (q *queues) purgeQueue(*Call, *sqs.PurgeQueueInput) (*Plan[*sqs.PurgeQueueOutput], error) {
	return &Plan[*sqs.PurgeQueueOutput]{Do: func() (*sqs.PurgeQueueOutput, error) {
		q.calls++
		return new(sqs.PurgeQueueOutput), nil
	}}, nil
}

func (q *queues) listQueues(*Call, *sqs.ListQueuesInput) (*Plan[*sqs.ListQueuesOutput], error) {
	return &Plan[*sqs.ListQueuesOutput]{Do: func() (*sqs.ListQueuesOutput, error) {
		q.calls++
		return new(sqs.ListQueuesOutput), nil
	}}, nil
}

func (q *queues) Ops() []Op {
	return []Op{Bind(q.purgeQueue), Bind(q.listQueues).Unrestricted()}
}

func (q *queues) Denied(*Call, *Need, *enforce.Decision) error { return nil }

func TestARowWithoutPermissionsIsClosed(t *testing.T) {
	t.Parallel()
	q := new(queues)
	w := NewWorld(Config{Services: []Service{{Name: "sqs", New: func(*World) Fake { return q }}}})
	acct, err := w.AddAccount("111122223333", "", "")
	require.NoError(t, err)
	client := sqs.NewFromConfig(aws.Config{
		Region:      "us-east-1",
		HTTPClient:  w.Door(),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(acct.Root.AccessKeyID, acct.Root.SecretAccessKey, ""),
	})
	_, err = client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String("x")})
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "InternalFailure", api.ErrorCode())
	assert.Contains(t, api.ErrorMessage(), "PurgeQueue asked for no permission")
	assert.Zero(t, q.calls)

	_, err = client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	require.NoError(t, err)
	assert.Equal(t, 1, q.calls)
}

func TestBindRefusesMistakes(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "fakeaws.Bind: PurgeQueueInput and ListQueuesOutput are not of one operation", func() {
		Bind(func(*Call, *sqs.PurgeQueueInput) (*Plan[*sqs.ListQueuesOutput], error) { return nil, nil })
	})
	twice := []Service{{Name: "sqs"}, {Name: "sqs"}}
	assert.PanicsWithValue(t, "fakeaws.NewWorld: sqs is registered twice", func() { NewWorld(Config{Services: twice}) })
	assert.PanicsWithValue(t, "fakeaws: this World has no service teleport", func() { NewWorld(Config{}).Fake("teleport") })
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	w := NewWorld(Config{})
	_, err := w.AddAccount("111122223333", "AKIAONE", "secret")
	require.NoError(t, err)
	for id, key := range map[string]string{"111122223333": "", "12": "", "11112222333x": "", "444455556666": "AKIAONE"} {
		_, err := w.AddAccount(id, key, "x")
		assert.Error(t, err, id)
	}
	acct, ok := w.Account("111122223333")
	require.True(t, ok)
	assert.Len(t, acct.CanonicalUser, 64)
	assert.Equal(t, []*Account{acct}, w.Accounts())
	assert.PanicsWithValue(t, "fakeaws: this World has no account 444455556666", func() { w.Fixture("444455556666", "eu-west-1") })
}

func TestModes(t *testing.T) {
	t.Parallel()
	for _, m := range []Mode{Strict, Soft, Off} {
		got, err := ParseMode(m.String())
		require.NoError(t, err)
		assert.Equal(t, m, got)
	}
	for _, name := range []string{"", "Strict", "none", "0", "Mode(7)"} {
		got, err := ParseMode(name)
		require.Error(t, err)
		assert.Equal(t, Strict, got, "a mistake is never off")
	}
	assert.Equal(t, "Mode(7)", Mode(7).String())
}

func TestUsualEndpoint(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]Endpoint{
		"sqs.us-east-1.amazonaws.com":        {Service: "sqs", Region: "us-east-1"},
		"sqs.cn-north-1.amazonaws.com.cn":    {Service: "sqs", Region: "cn-north-1"},
		"sts-fips.us-west-2.amazonaws.com":   {Service: "sts", Region: "us-west-2"},
		"iam.amazonaws.com":                  {Service: "iam", Region: "us-east-1"},
		"organizations.us-east-1.api.aws":    {Service: "organizations", Region: "us-east-1"},
		"a.b.c.amazonaws.com":                {},
		"sqs.us-east-1.amazonaws.com.x.test": {},
		"127.0.0.1":                          {},
		"[::1]":                              {},
		"":                                   {},
	} {
		assert.Equal(t, want, NewWorld(Config{}).endpointOf(host), host)
		if want.Service != "" {
			assert.Equal(t, want, NewWorld(Config{}).endpointOf(host+":443"), host)
		}
	}
}

func TestReadAllIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body          string
		length, limit int64
		code          string
	}{
		"fits":               {"hello", 5, 5, ""},
		"fits, unannounced":  {"hello", -1, 5, ""},
		"announced too long": {"hello", 6, 5, "MaxMessageLengthExceeded"},
		"too long":           {"hello!", -1, 5, "MaxMessageLengthExceeded"},
		"cut":                {"hell", 5, 5, "IncompleteBody"},
		"missing":            {"", 5, 5, "IncompleteBody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := ReadAll(strings.NewReader(test.body), test.length, test.limit)
			if test.code == "" {
				require.NoError(t, err)
				assert.Equal(t, test.body, string(body))
				return
			}
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, test.code, api.ErrorCode())
		})
	}
}

// The door reads the client's request and leaves it as it was.
func TestDoorLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	w := NewWorld(Config{})
	closed := false
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://nothing.amazonaws.com/", closer{strings.NewReader("x"), &closed})
	require.NoError(t, err)
	r.Host = ""
	header := r.Header.Clone()
	resp, err := w.Door().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusNotImplemented, resp.StatusCode)
	assert.Same(t, r, resp.Request)
	assert.Empty(t, r.Host)
	assert.Empty(t, r.RemoteAddr)
	assert.Equal(t, header, r.Header)
	assert.True(t, closed, "the door closes the body, as every RoundTripper must")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.Door().Do(r.WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
}

type closer struct {
	io.Reader
	closed *bool
}

func (c closer) Close() error {
	*c.closed = true
	return nil
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`([A-Za-z0-9]{0,3}-?){0,3}`).Draw(rt, "name")
		require.Equal(rt, name == http.CanonicalHeaderKey(name), canonical(name), "%q", name)
		if name = rapid.String().Draw(rt, "any name"); canonical(name) {
			require.Equal(rt, http.CanonicalHeaderKey(name), name)
		}
	})
}
