package awstest_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// What cannot be stubbed, or has its policies and tags elsewhere, fails the test with what to
// do instead.
func TestStubFailures(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]func(*awstest.Account){
		"sqs has a fake in this World: its fake answers, and acct.Fail has its calls fail": func(a *awstest.Account) {
			awstest.Stub(a, func(context.Context, *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) { return nil, nil })
		},
		"are not the input and output of one operation: want those of the SDK": func(a *awstest.Account) {
			awstest.Stub(a, func(context.Context, *sqs.SendMessageInput) (*sqs.DeleteMessageOutput, error) { return nil, nil })
		},
		`"topic" is no ARN: want one like arn:aws:dynamodb:us-east-1:000000000000:table/orders`: func(a *awstest.Account) {
			a.SetResourceTags("topic", nil)
		},
		"arn:aws:sqs:us-east-1:000000000000:q: sqs has a fake in this World: its resources get their policies and tags by its own operations": func(a *awstest.Account) {
			a.SetResourcePolicy("arn:aws:sqs:us-east-1:000000000000:q", awstest.Allow("sqs:*").By("*"))
		},
		`AWS has no service "nothing"`: func(a *awstest.Account) { a.SetResourceTags("arn:aws:nothing:us-east-1:000000000000:x", nil) },
	} {
		r := failing(t, func(tb awstest.TB) { do(awstest.New(tb)) })
		if assert.True(t, r.fatal, want) {
			assert.Contains(t, r.errors[0], want)
		}
	}
}
