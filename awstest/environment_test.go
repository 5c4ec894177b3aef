package awstest_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The developer's variables are gone, in every style, and those of the principal are there.
func TestSetenv(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_ENDPOINT_URL_S3", "https://example.com")
	acct := awstest.New(t)
	role, user := acct.NewRole("worker"), acct.NewUser("alice")
	common := []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}
	for name, test := range map[string]struct {
		principal *awstest.Principal
		style     []awstest.CredentialStyle
		want      []string
	}{
		"role":      {role, nil, []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}},
		"user":      {user, nil, []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}},
		"container": {role, []awstest.CredentialStyle{awstest.ContainerCredentials}, []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}},
		"profile":   {user, []awstest.CredentialStyle{awstest.ProfileCredentials("dev")}, []string{"AWS_PROFILE"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.principal.Setenv(t, test.style...)
			var got []string
			for _, kv := range os.Environ() {
				if k, _, _ := strings.Cut(kv, "="); strings.HasPrefix(k, "AWS_") {
					got = append(got, k)
				}
			}
			assert.ElementsMatch(t, append(test.want, common...), got)
			assert.Equal(t, acct.URL(), os.Getenv("AWS_ENDPOINT_URL"))
		})
		assert.Equal(t, "production", os.Getenv("AWS_PROFILE"), "it ends with the test")
	}
	acct.Setenv(t)
	assert.Equal(t, acct.Root().Credentials().AccessKeyID, os.Getenv("AWS_ACCESS_KEY_ID"))
}

func TestProfileFiles(t *testing.T) {
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
	for profile, section := range map[string]string{"dev": "[profile dev]\n", "default": "[default]\n"} {
		t.Run(profile, func(t *testing.T) {
			role := acct.NewRole(profile)
			role.Setenv(t, awstest.ProfileCredentials(profile))
			config, err := os.ReadFile(os.Getenv("AWS_CONFIG_FILE"))
			require.NoError(t, err)
			assert.Equal(t, section+"region = eu-west-1\nendpoint_url = "+acct.URL()+"\n", string(config))
			secrets, err := os.ReadFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"))
			require.NoError(t, err)
			c := role.Credentials()
			assert.Equal(t, "["+profile+"]\naws_access_key_id = "+c.AccessKeyID+"\naws_secret_access_key = "+c.SecretAccessKey+"\naws_session_token = "+c.SessionToken+"\n", string(secrets))
		})
	}
}

// The endpoint of a container gives new credentials when the old ones expire, and
// nothing to who has not its token.
func TestContainerCredentials(t *testing.T) {
	acct := awstest.New(t)
	role := acct.NewRole("worker")
	role.Setenv(t, awstest.ContainerCredentials)
	endpoint := os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	token, err := os.ReadFile(os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
	require.NoError(t, err)
	retrieve := func(token string) (aws.Credentials, error) {
		provider := endpointcreds.New(endpoint, func(o *endpointcreds.Options) { o.AuthorizationToken = token })
		defer http.DefaultClient.CloseIdleConnections()
		return provider.Retrieve(t.Context())
	}
	first, err := retrieve(string(token))
	require.NoError(t, err)
	assert.Equal(t, role.Credentials().AccessKeyID, first.AccessKeyID)
	assert.WithinDuration(t, time.Now().Add(time.Hour), first.Expires, time.Minute)
	acct.Advance(2 * time.Hour)
	second, err := retrieve(string(token))
	require.NoError(t, err)
	assert.NotEqual(t, first.AccessKeyID, second.AccessKeyID)
	assert.WithinDuration(t, time.Now().Add(time.Hour), second.Expires, time.Minute, "by the machine's clock")
	_, err = retrieve("another")
	require.ErrorContains(t, err, "the Authorization header has another token")
	r := failing(t, func(tb awstest.TB) {
		awstest.ContainerCredentials(envRecorder{tb, t}, awstest.New(tb).NewUser("alice"))
	})
	assert.True(t, r.fatal)
	assert.Contains(t, r.errors[0], "containers have the sessions of roles")
}

// envRecorder is a test whose failures can be looked at and whose environment can be set.
type envRecorder struct {
	awstest.TB
	t *testing.T
}

func (e envRecorder) Setenv(k, v string) { e.t.Setenv(k, v) }
func (e envRecorder) TempDir() string    { return e.t.TempDir() }

func TestSetenvInParallel(t *testing.T) {
	t.Parallel()
	r := failing(t, func(tb awstest.TB) { awstest.New(tb).Setenv(envRecorder{tb, t}) })
	assert.True(t, r.fatal)
	assert.Contains(t, r.errors[0], "leave t.Parallel out, or give the program a config (Config) or a subprocess (Environ)")
}

// Programs that would reach the real AWS fail, and say why.
func TestNothingReachesTheRealAWS(t *testing.T) {
	acct := awstest.New(t)
	role := acct.NewRole("worker")
	role.Setenv(t)
	proxied := &http.Transport{Proxy: http.ProxyFromEnvironment}
	defer proxied.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://sts.amazonaws.com/", nil)
	require.NoError(t, err)
	proxy, err := http.ProxyFromEnvironment(r)
	require.NoError(t, err)
	require.NotNil(t, proxy)
	assert.Equal(t, "awstest-keeps-tests-from-the-real-network.invalid:1", proxy.Host)
	_, err = proxied.RoundTrip(r)
	require.ErrorContains(t, err, "awstest-keeps-tests-from-the-real-network.invalid")

	environ := strings.Join(role.Environ(), "\n")
	for _, want := range []string{"PATH=", "AWS_SESSION_TOKEN=", "HTTPS_PROXY=http://awstest-keeps", "NO_PROXY=127.0.0.1,localhost,::1"} {
		assert.Contains(t, environ, want)
	}
	assert.Equal(t, 1, strings.Count(environ, "AWS_ACCESS_KEY_ID="))
}

// Presigned URLs and websites have AWS's own hosts.
func TestHTTPClient(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3.csv", "a,b")
	url, err := s3.NewPresignClient(s3.NewFromConfig(acct.Config())).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv")})
	require.NoError(t, err)
	require.Contains(t, url.URL, "https://reports.s3.us-east-1.amazonaws.com/")
	resp, err := acct.HTTPClient().Get(url.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "a,b", string(body))
}

func TestPutFS(t *testing.T) {
	t.Parallel()
	bucket := awstest.New(t).S3().CreateBucket("site")
	bucket.PutFS(fstest.MapFS{"index.html": {Data: []byte("<html>")}, "img/logo.png": {Data: []byte{0xff}}})
	assert.Equal(t, []string{"img/logo.png", "index.html"}, bucket.Keys())
	assert.Equal(t, "<html>", bucket.Body("index.html"))
	r := failing(t, func(tb awstest.TB) {
		awstest.New(tb).S3().CreateBucket("site").PutFS(os.DirFS(filepath.Join("testdata", "nothing")))
	})
	assert.True(t, r.fatal)
	assert.Contains(t, r.errors[0], "awstest: PutFS site:")
}

func TestNewSessionOfARole(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	trust := awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:TagSession").By(acct.ID()))
	role := acct.NewRole("worker", trust, awstest.Allow("s3:ListAllMyBuckets").If("StringEquals", "aws:PrincipalTag/team", "blue"))
	blue := role.NewSession("job-7", awstest.Tags(map[string]string{"team": "blue"}))
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/worker/job-7", identity(t, blue.Config()))
	awstest.AssertAllowed(t, list(t.Context(), blue.Config()))
	awstest.AssertDenied(t, list(t.Context(), role.NewSession("job-8").Config()))
	narrow := role.NewSession("job-9", awstest.Tags(map[string]string{"team": "blue"}), awstest.Allow("s3:GetObject"), awstest.Managed("AmazonSQSReadOnlyAccess"))
	awstest.AssertDenied(t, list(t.Context(), narrow.Config()), "s3:ListAllMyBuckets")
	assert.Equal(t, enforce.AssumedRole, acct.Calls()[1].Decisions[0].Request.Principal.Type)

	for name, mistake := range map[string]func(*awstest.Account){
		"of a user":    func(a *awstest.Account) { a.NewUser("alice").NewSession("s1") },
		"short name":   func(a *awstest.Account) { a.NewRole("worker").NewSession("s") },
		"two policies": func(a *awstest.Account) { a.NewRole("worker").NewSession("s1", awstest.Allow("*"), awstest.Deny("*")) },
		"broken policy": func(a *awstest.Account) {
			a.NewRole("worker").NewSession("s1", awstest.File("testdata/broken.json"))
		},
	} {
		r := failing(t, func(tb awstest.TB) { mistake(awstest.New(tb)) })
		assert.True(t, r.fatal, name)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	user := acct.NewUser("alice", awstest.File("testdata/deny.json"))
	awstest.AssertDenied(t, list(t.Context(), user.Config()))
	user.Replace("deny", awstest.Allow("s3:ListAllMyBuckets"))
	awstest.AssertAllowed(t, list(t.Context(), user.Config()))
	r := failing(t, func(tb awstest.TB) {
		awstest.New(tb).NewUser("alice", awstest.Allow("*")).Replace("deny", awstest.Deny("*"))
	})
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "it has no such inline policy; it has: policy-1")
}

func TestAssumable(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	pipeline, stranger := acct.NewRole("pipeline", awstest.Allow("sts:AssumeRole")), acct.NewUser("stranger")
	task := acct.NewRole("task", awstest.Trust(awstest.Statements(
		awstest.Allow("sts:AssumeRole").By("ecs-tasks.amazonaws.com"), awstest.Allow("sts:AssumeRole").By(pipeline.ARN()))))
	assert.True(t, awstest.AssertAssumable(t, task, "ecs-tasks.amazonaws.com", pipeline))
	assert.True(t, awstest.AssertNotAssumable(t, task, "ec2.amazonaws.com", stranger))

	r := failing(t, func(tb awstest.TB) {
		assert.False(t, awstest.AssertAssumable(tb, task, "lambda.amazonaws.com", stranger))
	})
	require.Len(t, r.errors, 2)
	assert.Contains(t, r.errors[0], "want: arn:aws:iam::000000000000:role/task can be assumed by lambda.amazonaws.com\ngot:  ")
	assert.Contains(t, r.errors[0], "DENY lambda.amazonaws.com sts:AssumeRole")
	assert.Contains(t, r.errors[1], "DENY user/stranger sts:AssumeRole")
	r = failing(t, func(tb awstest.TB) { awstest.AssertNotAssumable(tb, task, "ecs-tasks.amazonaws.com", pipeline) })
	require.Len(t, r.errors, 2)
	for _, problem := range r.errors {
		assert.Contains(t, problem, "got:  it can\nALLOW ")
	}
	for name, who := range map[string]any{"arn": pipeline.ARN(), "number": 1} {
		r = failing(t, func(tb awstest.TB) { awstest.AssertAssumable(tb, awstest.New(tb).NewRole("r2"), who) })
		assert.True(t, r.fatal, name)
	}
	r = failing(t, func(tb awstest.TB) { awstest.AssertAssumable(tb, awstest.New(tb).NewUser("u"), "ec2.amazonaws.com") })
	assert.True(t, r.fatal)
}

// Several tests may share a World: a subtest's failures are its own.
func TestFor(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	r := failing(t, func(tb awstest.TB) { acct.For(tb).IAM().Role("nothing") })
	assert.True(t, r.fatal)
	acct.For(t).NewRole("shared")
	assert.Equal(t, "shared", acct.IAM().Role("shared").Name())
	awstest.Do[iam.DeleteRoleOutput](acct, &iam.DeleteRoleInput{RoleName: aws.String("shared")})
}
