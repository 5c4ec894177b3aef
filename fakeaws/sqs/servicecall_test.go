package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rule 48, rule 79: a service of AWS has the permissions that the queue's policy
// gives it, with the keys of the resource on whose behalf it calls.
func TestServicePrincipals(t *testing.T) {
	t.Parallel()
	statement := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + queueARN + `"` + condition + `}]}`
	}
	guarded := statement(`,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::mine"},"StringEquals":{"aws:SourceAccount":"` + owner + `"}}`)
	mine := fakeaws.ServiceCall{Principal: "s3.amazonaws.com", SourceARN: "arn:aws:s3:::mine", SourceAccount: owner, Region: region}
	with := func(change func(*fakeaws.ServiceCall)) fakeaws.ServiceCall {
		as := mine
		change(&as)
		return as
	}
	for name, tc := range map[string]struct {
		policy  string
		as      fakeaws.ServiceCall
		allowed bool
	}{
		"no policy":        {"", mine, false},
		"named":            {statement(""), mine, true},
		"guarded":          {guarded, mine, true},
		"another bucket":   {guarded, with(func(as *fakeaws.ServiceCall) { as.SourceARN = "arn:aws:s3:::other" }), false},
		"another account":  {guarded, with(func(as *fakeaws.ServiceCall) { as.SourceAccount = stranger }), false},
		"another service":  {statement(""), with(func(as *fakeaws.ServiceCall) { as.Principal = "sns.amazonaws.com" }), false},
		"another region":   {statement(""), with(func(as *fakeaws.ServiceCall) { as.Region = "eu-west-1" }), false},
		"only the account": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + owner + `"},"Action":"sqs:*","Resource":"*"}]}`, mine, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			url := create(t, c.root(), nil)
			if tc.policy != "" {
				_, err := c.root().SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Policy": tc.policy}})
				require.NoError(t, err)
			}
			in := &awssqs.SendMessageInput{QueueUrl: aws.String(strings.Replace(*url, region, tc.as.Region, 1)), MessageBody: aws.String("event")}
			checked := c.Check(t.Context(), tc.as.Actor(), in)
			count := func() int {
				got, err := c.root().ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
				require.NoError(t, err)
				return len(got.Messages)
			}
			assert.Zero(t, count(), "a check sends nothing")
			out, sent := fakeaws.Do[awssqs.SendMessageOutput](t.Context(), c.World.World, tc.as.Actor(), in)
			if !tc.allowed {
				for _, err := range []error{checked, sent} {
					require.ErrorContains(t, err, "is denied.")
				}
				assert.Zero(t, count())
				return
			}
			require.NoError(t, checked)
			require.NoError(t, sent)
			assert.NotEmpty(t, out.MessageId)
			assert.Equal(t, 1, count())
			logged := c.Log().Events()
			at := logged[len(logged)-2]
			assert.Equal(t, []string{"s3.amazonaws.com", "sqs", "SendMessage"}, []string{at.Caller, at.Service, at.Operation})
		})
	}
}
