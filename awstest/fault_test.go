package awstest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A faultTest is a World with a bucket, a queue and an organization, and calls of them.
type faultTest struct {
	*awstest.Account
	queue *awstest.Queue
}

func newFaultTest(t awstest.TB, options ...awstest.Option) faultTest {
	acct := awstest.New(t, append(options, awstest.WithRetries())...)
	acct.S3().CreateBucket("reports").Put("q3.csv", "0123456789")
	acct.NewOrganization()
	return faultTest{acct, acct.SQS().CreateQueue("jobs", nil)}
}

// quickly is a config whose retries wait for a millisecond.
func quickly(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
	return cfg
}

// once is a config without retries.
func once(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return cfg
}

// errorFaults are the faults that stand in place of the call.
var errorFaults = []func(int) awstest.Fault{awstest.Throttle, awstest.ServerError, awstest.Unavailable}

// calls are one of each service, by the operation.
func (f faultTest) calls() map[string]func(context.Context, aws.Config) error {
	return map[string]func(context.Context, aws.Config) error{
		"s3:PutObject": func(ctx context.Context, cfg aws.Config) error { return put(ctx, cfg, "new") },
		"sqs:SendMessage": func(ctx context.Context, cfg aws.Config) error {
			_, err := awssqs.NewFromConfig(cfg).SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: aws.String(f.queue.URL()), MessageBody: aws.String("job")})
			return err
		},
		"iam:CreateGroup": func(ctx context.Context, cfg aws.Config) error {
			_, err := awsiam.NewFromConfig(cfg).CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("team")})
			return err
		},
		"sts:GetCallerIdentity": func(ctx context.Context, cfg aws.Config) error {
			_, err := awssts.NewFromConfig(cfg).GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{})
			return err
		},
		"organizations:ListRoots": func(ctx context.Context, cfg aws.Config) error {
			_, err := awsorganizations.NewFromConfig(cfg).ListRoots(ctx, &awsorganizations.ListRootsInput{})
			return err
		},
	}
}

func put(ctx context.Context, cfg aws.Config, key string) error {
	_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("reports"), Key: &key, Body: strings.NewReader("body")})
	return err
}

// requireFault checks an error as the SDK has it.
func requireFault(t *testing.T, err error, code string, status int, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, []any{code, text}, []any{api.ErrorCode(), api.ErrorMessage()})
	var response *smithyhttp.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, status, response.HTTPStatusCode())
}

// Each service answers a fault with its own error, for which the SDK makes the call again.
func TestFaultsAreErrorsOfTheService(t *testing.T) {
	t.Parallel()
	const (
		internal  = "The request processing has failed because of an unknown error, exception or failure."
		temporary = "The request has failed due to a temporary failure of the server."
	)
	throttles := retry.IsErrorThrottles{retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}}
	type answer struct {
		code   string
		status int
		text   string
	}
	for action, want := range map[string][3]answer{
		"s3:PutObject": {
			{"SlowDown", 503, "Please reduce your request rate."},
			{"InternalError", 500, "We encountered an internal error. Please try again."},
			{"ServiceUnavailable", 503, "Service is unable to handle request."},
		},
		"sqs:SendMessage": {
			{"RequestThrottled", 403, "Request is throttled."}, {"InternalFailure", 500, internal}, {"ServiceUnavailable", 503, temporary},
		},
		"iam:CreateGroup":       {{"Throttling", 400, "Rate exceeded"}, {"InternalFailure", 500, internal}, {"ServiceUnavailable", 503, temporary}},
		"sts:GetCallerIdentity": {{"Throttling", 400, "Rate exceeded"}, {"InternalFailure", 500, internal}, {"ServiceUnavailable", 503, temporary}},
		"organizations:ListRoots": {
			{"TooManyRequestsException", 429, "You have sent too many requests in too short a period of time. Try again later."},
			{"ServiceException", 500, "AWS Organizations can't complete your request because of an internal service error. Try again later."},
			{"ServiceUnavailableException", 503, temporary},
		},
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			doors(t, func(t *testing.T, options ...awstest.Option) {
				f := newFaultTest(t, options...)
				for i, kind := range errorFaults {
					f.Fail(action, kind(1))
					err := f.calls()[action](t.Context(), once(f.Config()))
					requireFault(t, err, want[i].code, want[i].status, want[i].text)
					assert.Equal(t, i == 0, throttles.IsErrorThrottle(err) == aws.TrueTernary)
					assert.Equal(t, aws.TrueTernary, retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err))
					awstest.AssertError(t, err, want[i].code)
				}
				f.retried(t, action)
			})
		})
	}
}

// retried has two calls fail, and the SDK make a third.
func (f faultTest) retried(t *testing.T, action string) {
	for _, kind := range errorFaults {
		before := len(f.Calls())
		f.Fail(action, kind(2))
		err := f.calls()[action](t.Context(), quickly(f.Config()))
		if before > len(errorFaults) && action == "iam:CreateGroup" {
			awstest.RequireError(t, err, "EntityAlreadyExists")
		} else {
			require.NoError(t, err)
		}
		attempts := f.Calls()[before:]
		require.Len(t, attempts, 3)
		assert.NotEmpty(t, attempts[0].Fault)
		assert.Equal(t, attempts[0].Fault, attempts[1].Fault)
		assert.Empty(t, attempts[2].Fault)
	}
}

// The SDK's own retryer as programs have it, in virtual time.
func TestFaultsDriveTheStandardRetryer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFaultTest(t)
		f.Fail("s3:PutObject", awstest.Throttle(2))
		require.NoError(t, put(t.Context(), f.Config(), "new"))
		assert.Len(t, f.Calls(), 3)
		f.Fail("s3:PutObject", awstest.Throttle(5))
		err := put(t.Context(), f.Config(), "new")
		requireFault(t, err, "SlowDown", 503, "Please reduce your request rate.")
		assert.Len(t, f.Calls(), 6, "three attempts, as the retryer has it")
	})
}

// A fault is one of some callers, resources and calls, and of several faults the first
// that is at work counts.
func TestFaultsAreNarrowed(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	worker := acct.NewRole("worker", awstest.Allow("s3:*"))
	codes := func(p *awstest.Principal, keys ...string) []string { return putCodes(t, p, keys...) }
	const slow, internal = "SlowDown", "InternalError"

	fault := acct.Fail("S3:put*", awstest.Throttle(9).By(worker))
	assert.Equal(t, []string{""}, codes(acct.Root(), "a"))
	assert.Equal(t, []string{slow}, codes(worker, "a"))
	assert.Equal(t, []string{slow}, codes(worker.NewSession("job"), "a"))
	fault.Stop()
	fault.Stop()
	assert.Equal(t, []string{""}, codes(worker, "a"))

	fault = acct.Fail("s3:PutObject", awstest.Throttle(9).By(acct.Anonymous()))
	assert.Equal(t, []string{""}, codes(worker, "a"), "anonymous is nobody else")
	fault.Stop()

	fault = acct.Fail("s3:PutObject", awstest.Throttle(9).On("arn:aws:s3:::other/*").On("arn:aws:s3:::reports/2026/*"))
	assert.Equal(t, []string{"", slow, ""}, codes(worker, "a", "2026/a", "2025/a"))
	fault.Stop()

	first := acct.Fail("s3:PutObject", awstest.Throttle(1).After(1))
	second := acct.Fail("s3:PutObject", awstest.ServerError(1).After(2))
	third := acct.Fail("*", awstest.Unavailable(1))
	assert.Equal(t, []string{"ServiceUnavailable", slow, internal, ""}, codes(worker, "a", "b", "c", "d"))
	for _, fault := range []*awstest.ActiveFault{first, second, third} {
		fault.Stop()
	}

	t.Run("ends with its test", func(t *testing.T) {
		t.Run("inner", func(t *testing.T) {
			acct.For(t).Fail("s3:PutObject", awstest.Throttle(9))
			assert.Equal(t, []string{slow}, codes(worker, "a"))
		})
		assert.Equal(t, []string{""}, codes(worker, "a"))
	})
}

// putCodes are the codes of the errors of PutObject for keys, "" of none.
func putCodes(t *testing.T, p *awstest.Principal, keys ...string) (codes []string) {
	for _, key := range keys {
		code := ""
		if err := put(t.Context(), p.Config(), key); err != nil {
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			code = api.ErrorCode()
		}
		codes = append(codes, code)
	}
	return codes
}

// A fault is of an operation or of a permission that several operations need.
func TestFaultsOfPermissions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("a", "1")
	worker := acct.NewRole("worker", awstest.Allow("s3:*"))
	// A copy reads and writes.
	acct.Fail("s3:GetObject", awstest.Throttle(1).On("arn:aws:s3:::reports/a"))
	_, err := s3.NewFromConfig(worker.Config()).CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("reports"), Key: aws.String("e"), CopySource: aws.String("reports/a")})
	requireFault(t, err, "SlowDown", 503, "Please reduce your request rate.")
	acct.Fail("sts:GetCallerIdentity", awstest.Throttle(1).On("*"))
	_, err = awssts.NewFromConfig(worker.Config()).GetCallerIdentity(t.Context(), &awssts.GetCallerIdentityInput{})
	assert.NoError(t, err, "it needs no permission, so it is on no resource")
}

// What is denied stays denied, and uses no fault up.
func TestFaultsAllowNothing(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("a", "1")
	stranger := acct.NewUser("stranger")
	half := acct.NewUser("half", awstest.Allow("s3:DeleteObject").On("arn:aws:s3:::reports/b"))
	for _, fault := range []awstest.Fault{
		awstest.Throttle(1), awstest.ServerError(1), awstest.Unavailable(1), awstest.Drop(1), awstest.Partial(1), awstest.Slow(time.Hour), awstest.Timeout(),
	} {
		active := acct.Fail("*", fault)
		awstest.AssertDenied(t, put(t.Context(), stranger.Config(), "a"), "s3:PutObject")
		active.Stop()
	}

	// An entry of a batch that is denied is not one of the calls either.
	remove := func(keys ...string) (*s3.DeleteObjectsOutput, error) {
		in := &s3.DeleteObjectsInput{Bucket: aws.String("reports"), Delete: &types.Delete{}}
		for _, key := range keys {
			in.Delete.Objects = append(in.Delete.Objects, types.ObjectIdentifier{Key: &key})
		}
		return s3.NewFromConfig(half.Config()).DeleteObjects(t.Context(), in)
	}
	acct.Fail("s3:DeleteObject*", awstest.Throttle(1))
	out, err := remove("a")
	require.NoError(t, err)
	require.Len(t, out.Errors, 1)
	assert.Equal(t, "AccessDenied", *out.Errors[0].Code)
	_, err = remove("a", "b")
	requireFault(t, err, "SlowDown", 503, "Please reduce your request rate.")
	assert.Equal(t, []string{"a"}, acct.S3().Bucket("reports").Keys())
}

// The log and the assertions tell faults from denials.
func TestFaultsAreToldApart(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	role := acct.NewRole("worker", awstest.Allow("s3:PutObject"))
	acct.Fail("s3:PutObject", awstest.Throttle(1))
	err := put(t.Context(), role.Config(), "a")
	const by = "the test itself injected the fault Throttle into s3:PutObject with Fail"
	for _, check := range []func(awstest.TB, error){
		func(tb awstest.TB, err error) { awstest.AssertDenied(tb, err) },
		func(tb awstest.TB, err error) { awstest.AssertDenied(tb, err, "s3:PutObject") },
		func(tb awstest.TB, err error) { awstest.AssertAllowed(tb, err) },
	} {
		r := failing(t, func(tb awstest.TB) { check(tb, err) })
		require.Len(t, r.errors, 1)
		assert.Contains(t, r.errors[0], by)
	}
	assert.Equal(t, "Throttle", acct.Calls()[0].Fault)
	assert.Equal(t, "SlowDown", acct.Calls()[0].Code)
	assert.Empty(t, acct.Calls().Denied())
	assert.Regexp(t, `(?m)^  ALLOW .*\n  FAULT assumed-role/worker/worker s3:PutObject  throttled by the test  SlowDown: "Please reduce your request rate."$`, acct.Calls().String())

	acct.Fail("s3:PutObject", awstest.Drop(1))
	err = put(t.Context(), role.Config(), "a")
	for _, check := range []func(awstest.TB, error){
		func(tb awstest.TB, err error) { awstest.AssertDenied(tb, err) },
		func(tb awstest.TB, err error) { awstest.AssertAllowed(tb, err) },
	} {
		r := failing(t, func(tb awstest.TB) { check(tb, err) })
		require.Len(t, r.errors, 1)
		assert.Contains(t, r.errors[0], "the latest call, s3:PutObject, met the fault Drop, which the test itself injected")
	}
	assert.Contains(t, acct.Calls().String(), "FAULT assumed-role/worker/worker s3:PutObject  performed and cut off before its answer by the test\n")

	soft := awstest.New(t, awstest.WithMode(awstest.Soft))
	soft.S3().CreateBucket("reports")
	soft.Fail("s3:PutObject", awstest.Unavailable(1))
	err = put(t.Context(), soft.NewUser("nobody").Config(), "a")
	r := failing(t, func(tb awstest.TB) { awstest.AssertDenied(tb, err) })
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "the test itself injected the fault Unavailable")
	assert.Len(t, soft.Calls().Denied(), 1, "the denial that soft mode let pass")
}

// What would never have an effect is refused.
func TestFaultsThatMeanNothing(t *testing.T) {
	t.Parallel()
	for want, fail := range map[string]func(*awstest.Account){
		`Fail("s3:PutObject", Throttle(0))`:                     func(a *awstest.Account) { a.Fail("s3:PutObject", awstest.Throttle(0)) },
		`a negative number`:                                     func(a *awstest.Account) { a.Fail("s3:PutObject", awstest.Throttle(1).After(-1)) },
		`a Delay is what Slow has`:                              func(a *awstest.Account) { a.Fail("s3:PutObject", awstest.Slow(0)) },
		`no such fault`:                                         func(a *awstest.Account) { a.Fail("s3:PutObject", awstest.Fault{}) },
		`"s3:PutObjects" is neither an operation of this World`: func(a *awstest.Account) { a.Fail("s3:PutObjects", awstest.Drop(1)) },
		`"nothing:*" is neither an operation of this World`:     func(a *awstest.Account) { a.Fail("nothing:*", awstest.Drop(1)) },
		`action "PutObject":`:                                   func(a *awstest.Account) { a.Fail("PutObject", awstest.Drop(1)) },
		`resource "reports":`:                                   func(a *awstest.Account) { a.Fail("s3:PutObject", awstest.Drop(1).On("reports")) },
	} {
		r := failing(t, func(tb awstest.TB) { fail(awstest.New(tb)) })
		require.Len(t, r.errors, 1, want)
		assert.Contains(t, r.errors[0], want)
	}
}

// Fixtures and what services do of themselves meet no fault.
func TestFaultsMeetRequestsOnly(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.Fail("*", awstest.Throttle(1))
	acct.S3().CreateBucket("reports").Put("a", "1")
	role := acct.NewRole("worker", awstest.Allow("s3:*"))
	_, err := s3.NewFromConfig(role.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	awstest.RequireError(t, err, "SlowDown")
	assert.Len(t, acct.Calls(), 1)

	// S3 sends the event of an object that is put, and SQS takes it.
	jobs := acct.SQS().CreateQueue("jobs", nil)
	jobs.SetPolicy(awstest.Allow("sqs:SendMessage").By("s3.amazonaws.com"))
	_, err = s3.NewFromConfig(role.Config()).PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String("reports"),
		NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{
			{QueueArn: aws.String(jobs.ARN()), Events: []types.Event{"s3:ObjectCreated:*"}},
		}},
	})
	require.NoError(t, err)
	acct.Fail("sqs:SendMessage", awstest.Throttle(9))
	require.NoError(t, put(t.Context(), role.Config(), "b"))
	assert.Len(t, jobs.Bodies(), 2, "the test event, and that of the object")
}
