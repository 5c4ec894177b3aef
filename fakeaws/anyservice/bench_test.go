package anyservice_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
	"github.com/leastpriv/leastpriv/internal/wire"

	"github.com/aws/aws-sdk-go-v2/aws"
)

type nothing struct{}

func (nothing) Handle(context.Context, *fakeaws.Message, string) (*wire.Response, error) {
	return &wire.Response{Status: http.StatusOK, Header: http.Header{}}, nil
}

// BenchmarkJudge measures a call to a service without a fake from the request to the answer of a
// stub, beside GetCallerIdentity, which takes the same path with a fake and asks no policy.
func BenchmarkJudge(b *testing.B) {
	w := worldtest.NewWorld(b, fakeaws.Config{Region: region, Services: []fakeaws.Service{iam.Service, sts.Service}, Others: anyservice.Services{}})
	acct, _ := w.Account(account)
	root := aws.Credentials{AccessKeyID: acct.Root.AccessKeyID, SecretAccessKey: acct.Root.SecretAccessKey}
	for _, c := range []struct {
		name string
		sent sent
	}{
		{"floor", form("sts", "Action=GetCallerIdentity&Version=2011-06-15")},
		{"GetItem", target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"orders","Key":{"id":{"S":"1"}}}`)},
		{"Publish", form("sns", "Action=Publish&Version=2010-03-31&Message=x&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A111122223333%3At")},
		{"Invoke", sent{"lambda", http.MethodPost, "/2015-03-31/functions/worker/invocations", "{}", nil}},
	} {
		if fake, ok := w.Other(c.sent.service); ok {
			name := map[string]string{"GetItem": "GetItem", "Publish": "Publish", "Invoke": "Invoke"}[c.name]
			require.NoError(b, fake.(*anyservice.Fake).Stub(name, nothing{}))
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			r := c.sent.sign(b, root)
			r.Host = r.URL.Host
			for b.Loop() {
				r.Body, _ = r.GetBody()
				resp, err := w.Door().RoundTrip(r)
				if err != nil || resp.StatusCode != http.StatusOK {
					b.Fatal(err, resp.StatusCode)
				}
			}
		})
	}
}

// The first use of a service reads its part of the catalog alone: a call later, all of it is
// there. The bound is far above what it takes, which a loaded machine must not exceed.
func TestFirstUse(t *testing.T) {
	l := newLab(t, anyservice.Services{})
	call := func(service, operation string) time.Duration {
		s := target(service, operation, `{}`)
		r := s.sign(t, l.root(account))
		r.Host = r.URL.Host
		start := time.Now()
		resp, err := l.world.Door().RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return time.Since(start)
	}
	call("athena", "AmazonAthena.ListDataCatalogs") // unpacks what all services share
	first, second := call("ecs", "AmazonEC2ContainerServiceV20141113.ListClusters"), call("ecs", "AmazonEC2ContainerServiceV20141113.ListClusters")
	t.Logf("the first call of ECS takes %v, the second %v", first, second)
	require.Less(t, first, 100*time.Millisecond)
}
