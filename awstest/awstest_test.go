package awstest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// doors runs a test through both doors.
func doors(t *testing.T, test func(t *testing.T, opts ...awstest.Option)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		test(t)
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		test(t, awstest.WithSocket())
	})
}

// A socket that listens before a bubble begins stays outside of it: time in the bubble goes
// on. One that nobody has asked for is not opened inside.
func TestURLInsideABubble(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	url := acct.URL()
	failed := &failure{TB: t}
	unasked := awstest.New(failed)
	synctest.Test(t, func(t *testing.T) {
		assert.Equal(t, url, acct.URL())
		begun := time.Now()
		time.Sleep(time.Hour)
		assert.Equal(t, time.Hour, time.Since(begun))
		assert.Empty(t, unasked.URL())
	})
	assert.Contains(t, failed.message, "ask for the URL before the bubble begins")
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, unasked.URL(), "outside it may be asked for")
}

// failure is a test that notes what ends it.
type failure struct {
	awstest.TB
	message string
}

func (f *failure) Fatalf(format string, args ...any) { f.message = fmt.Sprintf(format, args...) }

// The URL is the same for all who ask at once, for every account of a World, and gone with
// the test.
func TestURLIsAskedForOnce(t *testing.T) {
	t.Parallel()
	var acct *awstest.Account
	t.Run("test", func(t *testing.T) {
		acct = awstest.New(t)
		other := acct.NewAccount()
		urls := make([]string, 8)
		var wg sync.WaitGroup
		for i := range urls {
			wg.Go(func() { urls[i] = []*awstest.Account{acct, other}[i%2].URL() })
		}
		wg.Wait()
		for _, url := range urls {
			assert.Equal(t, acct.URL(), url)
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(acct.URL(), "http://"))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
	_, err := net.Dial("tcp", strings.TrimPrefix(acct.URL(), "http://"))
	require.Error(t, err, "it listens no more")
	t.Run("never asked", func(t *testing.T) { acct = awstest.New(t) })
	assert.Empty(t, acct.URL())
}

// eachDoor tells a story on an account in the process and on one with a socket.
func eachDoor(t *testing.T, story func(*testing.T, *awstest.Account)) {
	t.Helper()
	for name, opts := range map[string][]awstest.Option{"process": nil, "socket": {awstest.WithSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, awstest.New(t, opts...))
		})
	}
}

func identity(t *testing.T, cfg aws.Config) string {
	t.Helper()
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	return *out.Arn
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		assert.Equal(t, "arn:aws:iam::000000000000:root", identity(t, acct.Config()))

		user := acct.NewUser("alice", awstest.Path("/eng/"))
		assert.Equal(t, "arn:aws:iam::000000000000:user/eng/alice", user.ARN())
		assert.Equal(t, user.ARN(), identity(t, user.Config()))

		role := acct.NewRole("worker", awstest.Path("/eng/"))
		assert.Equal(t, "arn:aws:iam::000000000000:role/eng/worker", role.ARN())
		assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/worker/worker", identity(t, role.Config()))

		other := acct.NewAccount()
		assert.Equal(t, "111111111111", other.ID())
		assert.Equal(t, "222222222222", acct.NewAccount().ID())
		assert.Equal(t, "arn:aws:iam::111111111111:root", identity(t, other.Config()))
	})
}

// list is a call that needs s3:ListAllMyBuckets.
func list(ctx context.Context, cfg aws.Config) error {
	_, err := s3.NewFromConfig(cfg).ListBuckets(ctx, &s3.ListBucketsInput{})
	return err
}

func TestPoliciesInEveryForm(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		group := acct.NewGroup("readers", awstest.Allow("s3:ListAllMyBuckets"))
		awstest.Cases{
			{Name: "none", As: acct.NewUser("none"), Call: list, Want: awstest.WantDenied("s3:ListAllMyBuckets")},
			{Name: "JSON", As: acct.NewUser("json", awstest.JSON(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}`)), Call: list, Want: awstest.WantAllowed()},
			{Name: "file", As: acct.NewUser("file", awstest.File("testdata/list.json")), Call: list, Want: awstest.WantAllowed()},
			{Name: "file system", As: acct.NewUser("fs", awstest.FS(os.DirFS("testdata"), "list.json")), Call: list, Want: awstest.WantAllowed()},
			{Name: "statement", As: acct.NewRole("statement", awstest.Allow("s3:ListAllMyBuckets").On("*")), Call: list, Want: awstest.WantAllowed()},
			{Name: "deny beats allow", As: acct.NewRole("deny", awstest.Statements(awstest.Allow("*"), awstest.Deny("s3:ListAllMyBuckets"))), Call: list, Want: awstest.WantDenied()},
			{Name: "condition", As: acct.NewRole("condition", awstest.Allow("s3:ListAllMyBuckets").If("StringEquals", "aws:PrincipalTag/team", "blue"), awstest.Tags(map[string]string{"team": "blue"})), Call: list, Want: awstest.WantAllowed()},
			{Name: "condition not met", As: acct.NewRole("red", awstest.Allow("s3:ListAllMyBuckets").If("StringEquals", "aws:PrincipalTag/team", "blue"), awstest.Tags(map[string]string{"team": "red"})), Call: list, Want: awstest.WantDenied()},
			{Name: "group", As: acct.NewUser("member", awstest.InGroup(group)), Call: list, Want: awstest.WantAllowed()},
			{Name: "boundary", As: acct.NewUser("bound", awstest.Allow("*"), awstest.Boundary(awstest.Allow("sqs:*"))), Call: list, Want: awstest.WantDenied()},
			{Name: "another error", As: acct.NewUser("other", awstest.Allow("s3:*")), Want: awstest.WantError("NoSuchBucket"),
				Call: func(ctx context.Context, cfg aws.Config) error {
					_, err := s3.NewFromConfig(cfg).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("nothing-here")})
					return err
				}},
		}.Run(t)
	})
}

func TestDenialIsAWSOwn(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		err := list(t.Context(), acct.NewUser("alice").Config())

		var operation *smithy.OperationError
		require.ErrorAs(t, err, &operation)
		assert.Equal(t, "ListBuckets", operation.Operation())
		var response *awshttp.ResponseError
		require.ErrorAs(t, err, &response)
		assert.Equal(t, http.StatusForbidden, response.HTTPStatusCode())
		assert.Len(t, response.ServiceRequestID(), 16)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, "AccessDenied", api.ErrorCode())
		assert.Equal(t, "User: arn:aws:iam::000000000000:user/alice is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action", api.ErrorMessage())

		// Modeled errors arrive as their types.
		_, err = sqs.NewFromConfig(acct.Config()).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
		var missing *sqstypes.QueueDoesNotExist
		require.ErrorAs(t, err, &missing)
		assert.Equal(t, "The specified queue does not exist.", missing.ErrorMessage())
	})
}

func TestCredentialsAreVerified(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		good := acct.NewUser("alice", awstest.Allow("*")).Credentials()
		session := acct.NewRole("worker", awstest.Allow("*")).Credentials()
		for name, test := range map[string]struct {
			key, secret, token string
			sts, s3, sqs       string
		}{
			"unknown key":    {"AKIAAAAAAAAAAAAAAAAA", good.SecretAccessKey, "", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidClientTokenId"},
			"wrong secret":   {good.AccessKeyID, "wrong", "", "SignatureDoesNotMatch", "SignatureDoesNotMatch", "SignatureDoesNotMatch"},
			"token too many": {good.AccessKeyID, good.SecretAccessKey, "token", "InvalidClientTokenId", "InvalidToken", "InvalidClientTokenId"},
			"token missing":  {session.AccessKeyID, session.SecretAccessKey, "", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidClientTokenId"},
			"wrong token":    {session.AccessKeyID, session.SecretAccessKey, "token", "InvalidClientTokenId", "InvalidToken", "InvalidClientTokenId"},
		} {
			t.Run(name, func(t *testing.T) {
				cfg := acct.Config()
				cfg.Credentials = credentials.NewStaticCredentialsProvider(test.key, test.secret, test.token)
				_, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
				assertCode(t, err, test.sts, http.StatusForbidden)
				status := http.StatusForbidden
				if test.s3 == "InvalidToken" {
					status = http.StatusBadRequest
				}
				assertCode(t, list(t.Context(), cfg), test.s3, status)
				_, err = sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{})
				assertCode(t, err, test.sqs, http.StatusForbidden)
			})
		}
	})
}

func assertCode(t *testing.T, err error, code string, status int) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), err.Error())
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, status, response.HTTPStatusCode())
}

func TestInactiveAndDeletedKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	alice := acct.NewUser("alice", awstest.Allow("*"))
	admin := iam.NewFromConfig(acct.Config())
	key := aws.String(alice.Credentials().AccessKeyID)

	_, err := admin.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: key, Status: "Inactive"})
	require.NoError(t, err)
	assertCode(t, list(t.Context(), alice.Config()), "InvalidAccessKeyId", http.StatusForbidden)
	_, err = admin.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: key, Status: "Active"})
	require.NoError(t, err)
	require.NoError(t, list(t.Context(), alice.Config()))
	_, err = admin.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: key})
	require.NoError(t, err)
	assertCode(t, list(t.Context(), alice.Config()), "InvalidAccessKeyId", http.StatusForbidden)
}

func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		role := acct.NewRole("worker", awstest.Allow("*"))
		user := acct.NewUser("alice", awstest.Allow("sts:AssumeRole"))

		// A program that assumes the role by itself.
		cfg := user.Config()
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(user.Config()), role.ARN(),
			func(o *stscreds.AssumeRoleOptions) { o.Duration, o.RoleSessionName = 15*time.Minute, "session" }))
		require.NoError(t, list(t.Context(), cfg))
		acct.Advance(14 * time.Minute)
		require.NoError(t, list(t.Context(), cfg))
		acct.Advance(2 * time.Minute)
		assertCode(t, list(t.Context(), cfg), "ExpiredToken", http.StatusBadRequest)

		// The config of the role itself is renewed.
		acct.Advance(3 * time.Hour)
		require.NoError(t, list(t.Context(), role.Config()))
	})
}

// The session that a call of STS gave is a principal as others are, in its role's account.
func TestNewSession(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	user := acct.NewUser("alice", awstest.Allow("sts:AssumeRole"))
	role := acct.NewAccount().NewRole("auditor", awstest.Path("/eng/"), awstest.Allow("s3:ListAllMyBuckets"),
		awstest.Trust(awstest.Allow("sts:AssumeRole").By(user.ARN())))
	out, err := sts.NewFromConfig(user.Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("audit")})
	require.NoError(t, err)

	session := acct.NewSession(out.AssumedRoleUser, out.Credentials)
	assert.Equal(t, "auditor", session.Name())
	assert.Equal(t, "arn:aws:sts::111111111111:assumed-role/auditor/audit", session.ARN())
	assert.Equal(t, session.ARN(), identity(t, session.Config()))
	assert.Equal(t, "111111111111", session.Credentials().AccountID)
	awstest.AssertAllowed(t, list(t.Context(), session.Config()))
	session.RevokeSessions()
	awstest.AssertDenied(t, list(t.Context(), session.Config()), "s3:ListAllMyBuckets")
}

func TestPresignedURLs(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithSocket())
	client := s3.NewFromConfig(acct.Config())
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("hello")})
	require.NoError(t, err)

	reader := acct.NewUser("reader", awstest.Allow("s3:GetObject"))
	presign := func() string {
		signed, err := s3.NewPresignClient(s3.NewFromConfig(reader.Config())).PresignGetObject(t.Context(),
			&s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}, s3.WithPresignExpires(5*time.Minute))
		require.NoError(t, err)
		return signed.URL
	}
	get := func(url string) (int, string) {
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		resp, err := (&http.Client{Transport: transport}).Get(url)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}

	url := presign()
	status, body := get(url)
	assert.Equal(t, http.StatusOK, status, body)
	assert.Equal(t, "hello", body)

	status, body = get(strings.Replace(url, "/key?", "/other?", 1))
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, body, "<Code>SignatureDoesNotMatch</Code>")

	acct.Advance(6 * time.Minute)
	status, body = get(url)
	assert.Equal(t, http.StatusForbidden, status)
	assert.Contains(t, body, "<Message>Request has expired</Message>")

	// A URL that is made after the clock was moved is valid from then on.
	url = presign()
	status, body = get(url)
	assert.Equal(t, http.StatusOK, status, body)
	acct.Advance(6 * time.Minute)
	status, _ = get(url)
	assert.Equal(t, http.StatusForbidden, status)

	// Nobody's secret becomes right by moving the clock.
	forged := acct.Config()
	forged.Credentials = credentials.NewStaticCredentialsProvider(reader.Credentials().AccessKeyID, "wrong", "")
	signed, err := s3.NewPresignClient(s3.NewFromConfig(forged)).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	require.NoError(t, err)
	status, _ = get(signed.URL)
	assert.Equal(t, http.StatusForbidden, status)
}

func TestModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []struct {
		name  string
		mode  awstest.Option
		event bool
	}{
		{"soft", awstest.WithMode(awstest.Soft), true},
		{"off", awstest.WithMode(awstest.Off), false},
	} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, mode.mode)
			require.NoError(t, list(t.Context(), acct.NewUser("alice").Config()))
			calls := acct.Calls()
			assert.Equal(t, mode.event, calls[len(calls)-1].Denied)
			cfg := acct.Config()
			cfg.Credentials = credentials.NewStaticCredentialsProvider("AKIAAAAAAAAAAAAAAAAA", "x", "")
			assertCode(t, list(t.Context(), cfg), "InvalidAccessKeyId", http.StatusForbidden)
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 5, 4, 3, 2, 1, 0, time.UTC)
	acct := awstest.New(t, awstest.WithRegion("eu-central-1"), awstest.WithAccountID("123456789012"), awstest.WithTime(start), awstest.WithSourceIP("203.0.113.7"))
	assert.Equal(t, "123456789012", acct.ID())
	assert.WithinDuration(t, start, acct.Now(), time.Minute)
	assert.Equal(t, "eu-central-1", acct.Config().Region)
	queue, err := sqs.NewFromConfig(acct.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	require.NoError(t, err)
	assert.Equal(t, "https://sqs.eu-central-1.amazonaws.com/123456789012/q", *queue.QueueUrl)

	near := acct.NewUser("near", awstest.Allow("s3:ListAllMyBuckets").If("IpAddress", "aws:SourceIp", "203.0.113.0/24"))
	far := acct.NewUser("far", awstest.Allow("s3:ListAllMyBuckets").If("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"))
	awstest.AssertAllowed(t, list(t.Context(), near.Config()))
	awstest.AssertDenied(t, list(t.Context(), far.Config()))
}

func TestEnv(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	env := strings.Join(acct.NewRole("worker").Env(), "\n")
	for _, want := range []string{"AWS_ACCESS_KEY_ID=ASIA", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=http://127.0.0.1:"} {
		assert.Contains(t, env, want)
	}
}

// The developer's own environment must not reach a test.
func TestEnvironmentIsNotRead(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "real")
	t.Setenv("AWS_REGION", "mars-1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	for _, opts := range [][]awstest.Option{nil, {awstest.WithSocket()}} {
		acct := awstest.New(t, opts...)
		assert.Equal(t, "arn:aws:iam::000000000000:root", identity(t, acct.Config()))
		require.NoError(t, list(t.Context(), acct.Config()))
	}
}

func TestIDsAreTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	one := awstest.New(t).NewUser("alice").Credentials()
	two := awstest.New(t).NewUser("alice").Credentials()
	assert.Equal(t, one, two)
	t.Run("other", func(t *testing.T) {
		assert.NotEqual(t, one.AccessKeyID, awstest.New(t).NewUser("alice").Credentials().AccessKeyID)
	})
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		client := s3.NewFromConfig(acct.Config())
		_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		times, want := 20, bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MiB
		if testing.Short() {
			times = 2
		}
		_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big"), Body: bytes.NewReader(want)})
		require.NoError(t, err)
		for range times {
			out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big")})
			require.NoError(t, err)
			got, err := io.ReadAll(out.Body)
			require.NoError(t, err)
			require.NoError(t, out.Body.Close())
			require.True(t, bytes.Equal(want, got))
		}
		// A refused upload gets AWS's answer, not a broken connection.
		for range times {
			_, err = s3.NewFromConfig(acct.NewUser(fmt.Sprint("u", len(acct.Calls()))).Config()).PutObject(t.Context(),
				&s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("big"), Body: bytes.NewReader(want)})
			awstest.RequireDenied(t, err, "s3:PutObject")
		}
	})
}

func TestCancelledCall(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		client := sqs.NewFromConfig(acct.Config())
		queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAdvanceWakesLongPoll(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	client := sqs.NewFromConfig(acct.Config())
	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	require.NoError(t, err)
	_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("later"), DelaySeconds: 15})
	require.NoError(t, err)
	got := make(chan int)
	go func() {
		out, err := client.ReceiveMessage(context.WithoutCancel(t.Context()), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
		if err != nil {
			out = &sqs.ReceiveMessageOutput{}
		}
		got <- len(out.Messages)
	}()
	// The clock is moved by less than the 15 minutes after which a signature is too old: a busy
	// machine may take long between signing and verifying.
	for range 100 {
		select {
		case n := <-got:
			assert.Equal(t, 1, n)
			return
		case <-time.After(time.Millisecond):
			acct.Advance(5 * time.Second)
		}
	}
	assert.Equal(t, 1, <-got)
}

func TestSynctestBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		acct := awstest.New(t)
		assert.Equal(t, 2000, acct.Now().Year())
		require.NoError(t, list(t.Context(), acct.Config()))
		time.Sleep(24 * time.Hour)
		require.NoError(t, list(t.Context(), acct.Config()))
	})
}

func TestThousandAccounts(t *testing.T) {
	for range 1000 {
		tb := &recorder{name: t.Name()}
		require.NoError(t, list(context.Background(), awstest.New(tb).Config()))
		tb.end()
	}
}

func TestAccountsRunInParallel(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			user := acct.NewUser(fmt.Sprint("user", i), awstest.Allow("s3:*"), awstest.Allow("sqs:*"))
			for j := range 20 {
				name := fmt.Sprintf("bucket-%d-%d", i, j)
				_, err := s3.NewFromConfig(user.Config()).CreateBucket(context.WithoutCancel(t.Context()), &s3.CreateBucketInput{Bucket: &name})
				assert.NoError(t, err)
				_, err = sqs.NewFromConfig(user.Config()).CreateQueue(context.WithoutCancel(t.Context()), &sqs.CreateQueueInput{QueueName: &name})
				assert.NoError(t, err)
			}
		})
	}
}

var errPlain = errors.New("plain")
