package all_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// No operation passes because of a fault: who has no policy is denied each of them, with
// the same decisions as without faults, and no fault is used up.
func TestFaultsAllowNoOperation(t *testing.T) {
	t.Parallel()
	for service := range clientsOf {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			w := newFilled(t)
			for kind := fakeaws.Throttle; kind <= fakeaws.Partial; kind++ {
				f := fakeaws.Fault{Kind: kind, Action: "*", Times: 1}
				if kind == fakeaws.Slow {
					f.Delay = 1
				}
				_, err := w.Inject(f)
				require.NoError(t, err)
			}
			for _, op := range w.Fake(service).Ops() {
				if name := (operationName{service, op.Name}); unrestricted[name] || tokens[name] {
					continue // somebody is not denied it
				}
				t.Run(op.Name, func(t *testing.T) { w.refuses(t, newOperation(t, service, op.Name)) })
			}
			for _, e := range w.Log().Events() {
				assert.Empty(t, e.Fault, "%s:%s", e.Service, e.Operation)
			}
		})
	}
}

// notOfRoot are the operations that a root user may not call, whatever the policies say.
var notOfRoot = map[operationName]bool{
	{"iam", "ChangePassword"}: true,
	{"sts", "AssumeRole"}:     true,
	{"sts", "AssumeRoot"}:     true,
}

// Every operation that is allowed meets its fault, which has the service's error and
// leaves the call undone.
func TestEveryOperationMeetsFaults(t *testing.T) {
	t.Parallel()
	for service := range clientsOf {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			w := newFilled(t) // what fails changes nothing, so all operations share it
			_, err := w.Inject(fakeaws.Fault{Kind: fakeaws.Throttle, Action: "*"})
			require.NoError(t, err)
			model, ok := wire.Load(service)
			require.True(t, ok)
			want := map[wire.Protocol]string{wire.RESTXML: "SlowDown", wire.AWSQuery: "Throttling"}[model.Protocols()[0]]
			switch service {
			case "events", "scheduler":
				want = "ThrottlingException"
			case "sqs":
				want = "RequestThrottled"
			case "apigateway", "lambda", "organizations", "sesv2":
				want = "TooManyRequestsException"
			case "access-analyzer", "dynamodb", "dynamodb-streams", "iam-toolbox", "kms", "logs", "secretsmanager", "states":
				want = "ThrottlingException"
			case "sns":
				want = "Throttled"
			case "kinesis":
				want = "ProvisionedThroughputExceededException"
			case "firehose":
				want = "ServiceUnavailableException"
			}
			for _, op := range w.Fake(service).Ops() {
				name := operationName{service, op.Name}
				if proven[name] || never[name] != "" || notOfRoot[name] {
					continue
				}
				t.Run(op.Name, func(t *testing.T) {
					o := newOperation(t, service, op.Name)
					err := o.call(t.Context(), w.RootConfig(worldtest.Account), w.input(t, o))
					e := w.last()
					assert.Error(t, err)
					assert.Equal(t, []string{"Throttle", want}, []string{e.Fault, e.Code}, e.Message)
				})
			}
		})
	}
}
