package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
)

// TestMain runs the tests, or one of the programs that they run: each is this program by
// another name.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "leastpriv":
		main()
	case "worker":
		os.Exit(worker(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// start runs the serve command on a free port until the test ends, and returns
// its URL and banner.
func start(t *testing.T, args ...string) (url, banner string) {
	t.Helper()
	return startWith(t, new(bytes.Buffer), args...)
}

// startWith is start with what the command writes of errors: it has written all of them
// that it writes at its start when the banner is there.
func startWith(t *testing.T, stderr *bytes.Buffer, args ...string) (url, banner string) {
	t.Helper()
	return startTo(t, stderr, args...)
}

// startTo is startWith for a writer that may be read before the command has ended.
func startTo(t *testing.T, stderr interface {
	io.Writer
	String() string
}, args ...string) (url, banner string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	code := make(chan int)
	go func() {
		c := run(ctx, append([]string{"serve", "-addr", "127.0.0.1:0"}, args...), in, stderr)
		in.Close()
		code <- c
	}()
	t.Cleanup(func() {
		cancel()
		assert.Equal(t, exitOK, <-code, stderr.String())
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		banner += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "AWS_ENDPOINT_URL") {
			go io.Copy(io.Discard, out)
			return regexp.MustCompile(`http://\S+`).FindString(banner), banner
		}
	}
	t.Fatalf("serve ended: %s", stderr.String())
	return "", ""
}

// client is an HTTP client whose connections end with the test.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func config(t *testing.T, url, key, secret string) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, ""),
		HTTPClient:   client(t),
		Retryer:      func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func TestServe(t *testing.T) {
	url, banner := start(t, "-account", "111122223333:AKIAONE:one-secret", "-account", "444455556666")
	assert.Contains(t, banner, "IAM enforcement: strict")
	assert.Contains(t, banner, "account 111122223333")
	assert.Contains(t, banner, "export AWS_ACCESS_KEY_ID=AKIAONE\n")

	cfg := config(t, url, "AKIAONE", "one-secret")
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:iam::111122223333:root", *out.Arn)

	admin := iam.NewFromConfig(cfg)
	_, err = admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("test")})
	require.NoError(t, err)
	key, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("test")})
	require.NoError(t, err)
	_, err = s3.NewFromConfig(config(t, url, *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey)).
		CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("mybucket")})
	require.ErrorContains(t, err, "user/test is not authorized to perform: s3:CreateBucket")

	// The decisions are there to be read.
	resp, err := client(t).Get(url + "/_leastpriv/decisions")
	require.NoError(t, err)
	defer resp.Body.Close()
	var calls []map[string]any // the names have one casing in all that the command prints
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&calls))
	require.Len(t, calls, 4)
	assert.Equal(t, "CreateBucket", calls[3]["operation"])
	assert.Equal(t, true, calls[3]["denied"])
	assert.Equal(t, "AccessDenied", calls[3]["code"])
	assert.Regexp(t, `^[0-9A-Fa-f-]{16,}$`, calls[3]["requestId"])
	assert.Len(t, calls[3]["decisions"], 1)

	// A reset forgets the user, and keeps the accounts.
	reset, err := client(t).Post(url+"/_leastpriv/reset", "", nil)
	require.NoError(t, err)
	defer reset.Body.Close()
	assert.Equal(t, http.StatusNoContent, reset.StatusCode)
	users, err := admin.ListUsers(t.Context(), &iam.ListUsersInput{})
	require.NoError(t, err)
	assert.Empty(t, users.Users)
}

func TestServeModes(t *testing.T) {
	for mode, want := range map[string]string{"soft": "IAM enforcement: soft", "off": "IAM enforcement: OFF"} {
		t.Run(mode, func(t *testing.T) {
			_, banner := start(t, "-mode", mode)
			assert.Contains(t, banner, want)
			assert.Contains(t, banner, "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE")
		})
	}
}

// Authorization details are there with their flag alone: rule 84.
func TestServeAuthorizationDetails(t *testing.T) {
	const denied = "operation error S3: ListBuckets, https response error StatusCode: 403"
	const text = "user/alice is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"
	for flag, end := range map[string]string{"-authorization-details": `\. Go to https://us-east-1\.console\S+ for complete details, or call .* authorization id: ([0-9a-z]{27})$`, "-region=us-east-1": "$"} {
		t.Run(flag, func(t *testing.T) {
			url, _ := start(t, flag, "-account", "111122223333:AKIAONE:one-secret")
			root := config(t, url, "AKIAONE", "one-secret")
			admin := iam.NewFromConfig(root)
			_, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("alice")})
			require.NoError(t, err)
			key, err := admin.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("alice")})
			require.NoError(t, err)
			_, err = s3.NewFromConfig(config(t, url, *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey)).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			require.ErrorContains(t, err, denied)
			require.Regexp(t, text+end, err.Error())
			id := strings.Repeat("a", 27)
			if m := regexp.MustCompile(text + end).FindStringSubmatch(err.Error()); len(m) > 1 {
				id = m[1]
			}
			details, err := iamtoolbox.NewFromConfig(root).GetRequestAuthorizationDetails(t.Context(), &iamtoolbox.GetRequestAuthorizationDetailsInput{AuthorizationId: &id})
			if end == "$" {
				require.ErrorContains(t, err, "iam-toolbox GetRequestAuthorizationDetails is not implemented by leastpriv")
				return
			}
			require.NoError(t, err)
			require.Len(t, details.Evaluations, 1)
			assert.Equal(t, "s3:ListAllMyBuckets", *details.Evaluations[0].Action)
		})
	}
}

func TestWebPagesAreRefused(t *testing.T) {
	url, _ := start(t)
	for _, request := range []string{"POST /_leastpriv/reset", "GET /_leastpriv/decisions"} {
		method, path, _ := strings.Cut(request, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, nil)
		require.NoError(t, err)
		req.Header.Set("Origin", "https://evil.example")
		resp, err := client(t).Do(req)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, http.StatusForbidden, resp.StatusCode)
	}
}

func TestMistakesAreErrors(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no command":       {nil, exitUsage, "Usage"},
		"unknown command":  {[]string{"server"}, exitUsage, `unknown command "server"`},
		"unknown flag":     {[]string{"serve", "-mod", "soft"}, exitUsage, "-mod"},
		"unknown mode":     {[]string{"serve", "-mode", "strikt"}, exitUsage, "want strict, soft or off"},
		"empty mode":       {[]string{"serve", "-mode", ""}, exitUsage, "want strict, soft or off"},
		"argument":         {[]string{"serve", "now"}, exitUsage, `unexpected argument "now"`},
		"half an account":  {[]string{"serve", "-account", "111122223333:AKIA"}, exitUsage, "want ID or ID:ACCESSKEY:SECRET"},
		"bad account":      {[]string{"serve", "-account", "12"}, exitError, "12 digits"},
		"account twice":    {[]string{"serve", "-account", "111122223333", "-account", "111122223333"}, exitError, "exists"},
		"every interface":  {[]string{"serve", "-addr", ":4566"}, exitError, "-remote"},
		"another address":  {[]string{"serve", "-addr", "192.0.2.1:4566"}, exitError, "-remote"},
		"no port":          {[]string{"serve", "-addr", "127.0.0.1"}, exitError, "missing port"},
		"name that is not": {[]string{"serve", "-addr", "example.com:80"}, exitError, "-remote"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			assert.Equal(t, test.code, run(t.Context(), test.args, &stdout, &stderr))
			assert.Contains(t, stderr.String(), test.want)
		})
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	assert.Equal(t, exitOK, run(t.Context(), []string{"help"}, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "serve")
	assert.Equal(t, exitOK, run(t.Context(), []string{"serve", "-h"}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "-account")
}
