package awstest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// del deletes an object of a bucket "reports".
func del(ctx context.Context, cfg aws.Config) error {
	_, err := s3.NewFromConfig(cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv")})
	return err
}

// A call that should have been denied says who granted it.
func TestAllowedCallSaysWhoGrantedIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		actions []string
		want    string
	}{
		"the permission":     {[]string{"s3:DeleteObject"}, `ALLOW role/cleaner s3:DeleteObject arn:aws:s3:::reports/q3.csv  allowed by identity-based policy wide, Everything (testdata/wide.json:5:5)`},
		"the latest call":    {nil, `ALLOW role/cleaner s3:DeleteObject arn:aws:s3:::reports/q3.csv  allowed by identity-based policy wide, Everything (testdata/wide.json:5:5)`},
		"an earlier call":    {[]string{"s3:ListBucket"}, `List (testdata/wide.json:4:5)`},
		"what nobody called": {[]string{"s3:PutObject"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				acct := awstest.New(tb)
				acct.S3().CreateBucket("reports")
				role := acct.NewRole("cleaner", awstest.File("testdata/wide.json"))
				_, err := s3.NewFromConfig(role.Config()).ListObjectsV2(tb.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("reports")})
				require.NoError(t, err)
				for range 40 {
					require.NoError(t, del(tb.Context(), role.Config()))
				}
				awstest.AssertDenied(tb, nil, test.actions...)
			})
			require.Len(t, r.errors, 1)
			assert.Contains(t, r.errors[0], "the call was allowed")
			assert.Contains(t, r.errors[0], test.want)
			assert.Equal(t, test.want != "", strings.Contains(r.errors[0], "ALLOW"), r.errors[0])
		})
	}
}

// minioError is as the errors of minio-go are.
type minioError struct{ Code, Message, RequestID string }

func (e minioError) Error() string { return e.Message }

// The decision behind an error is found whichever client returned it.
func TestDenialsOfOtherClients(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("k", "body")
	user := acct.NewUser("alice")
	c := user.Credentials()
	own := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(acct.URL()), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, ""),
	})
	_, head := own.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("reports"), Key: aws.String("k")})
	require.Error(t, head)
	_, get := own.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("k")})
	require.Error(t, get)
	var response *awshttp.ResponseError
	require.ErrorAs(t, get, &response)
	id := response.RequestID
	require.NotEmpty(t, id)
	for name, err := range map[string]error{
		"HEAD, without a body": head,
		"a client of its own":  get,
		"wrapped":              fmt.Errorf("reading: %w", errors.Join(errPlain, get)),
		"minio-go":             minioError{"AccessDenied", "Access Denied.", id},
		"pointer":              &minioError{"AccessDenied", "Access Denied.", id},
		"text with the id":     fmt.Errorf("exit status 1: request %s failed", id),
		"AWS's words alone":    errors.New("An error occurred (AccessDenied): User: u is not authorized to perform: s3:GetObject on resource: r"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			awstest.AssertDenied(t, err)
			awstest.AssertDenied(t, err, "s3:GetObject")
			r := failing(t, func(tb awstest.TB) { awstest.AssertDenied(tb, err, "s3:PutObject") })
			require.Len(t, r.errors, 1)
			assert.Contains(t, r.errors[0], "denied for lack of s3:GetObject")
			if name != "AWS's words alone" {
				r = failing(t, func(tb awstest.TB) { awstest.AssertAllowed(tb, err) })
				require.Len(t, r.errors, 1)
				assert.Contains(t, r.errors[0], "DENY user/alice s3:GetObject arn:aws:s3:::reports/k")
			}
		})
	}
}

// An object lock answers with the code of a denial, and is none of the policies.
func TestObjectLockIsNoDenial(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	client := s3.NewFromConfig(acct.Config())
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("locked"), ObjectLockEnabledForBucket: aws.Bool(true)})
	require.NoError(t, err)
	put, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("locked"), Key: aws.String("k"), ObjectLockMode: types.ObjectLockModeCompliance, ObjectLockRetainUntilDate: aws.Time(acct.Now().Add(time.Hour))})
	require.NoError(t, err)
	_, err = client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("locked"), Key: aws.String("k"), VersionId: put.VersionId})
	_, public := client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("locked"), Policy: aws.String(
		awstest.Document(awstest.Allow("s3:GetObject").By("*").On("arn:aws:s3:::locked/*")))})
	for name, err := range map[string]error{"object lock": err, "Block Public Access": public} {
		r := failing(t, func(tb awstest.TB) { awstest.AssertDenied(tb, err) })
		require.Len(t, r.errors, 1, name)
		assert.Contains(t, r.errors[0], "no policy denied it", name)
		assert.Contains(t, r.errors[0], `AssertError and WantError("AccessDenied") are for such errors`, name)
		assert.True(t, awstest.AssertError(t, err, "AccessDenied"), name)
		awstest.RequireError(t, err, "AccessDenied")
	}
	r := failing(t, func(tb awstest.TB) { awstest.RequireError(tb, err, "NoSuchKey") })
	assert.True(t, r.fatal)
}

// A program that swallows its errors is judged by its calls.
func TestCallsOfAProgramThatSwallowsErrors(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	role, user := acct.NewRole("worker", awstest.Allow("s3:ListAllMyBuckets")), acct.NewUser("alice")
	_ = list(t.Context(), role.Config())
	_ = del(t.Context(), role.Config())
	_ = list(t.Context(), user.Config())

	acct.RequireDenied(t, "s3:DeleteObject")
	r := failing(t, func(tb awstest.TB) { acct.AssertDenied(tb, "s3:DeleteObject") })
	require.Len(t, r.errors, 1, "each denial counts once")
	assert.Contains(t, r.errors[0], "DENY role/worker s3:DeleteObject")
	assert.True(t, acct.AssertDenied(t), "the user's")
	r = failing(t, func(tb awstest.TB) { acct.RequireDenied(tb, "sqs:SendMessage") })
	assert.True(t, r.fatal)
	assert.Contains(t, r.errors[0], "no call that needs it; there were")
	r = failing(t, func(tb awstest.TB) { awstest.New(tb).AssertDenied(tb) })
	assert.Equal(t, []string{"want: a call that is denied\ngot:  no call of AWS"}, r.errors)

	calls := acct.Calls()
	assert.Len(t, calls, 3)
	assert.Len(t, calls.By(role), 2)
	assert.Len(t, calls.By(user), 1)
	assert.Empty(t, calls.By(acct.Root()))
	assert.Len(t, calls.Denied(), 2)
	assert.Len(t, calls.Allowed().By(role).Of("s3:ListBuckets"), 1, "by the operation's name")
	assert.Len(t, calls.Of("s3:listallmybuckets", "s3:DeleteObject"), 3)
	assert.Equal(t, "  DENY role/worker s3:DeleteObject arn:aws:s3:::reports/q3.csv  no identity-based policy allows it\n", calls.Denied().By(role).String())
}

func TestNewAccountAsInProduction(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	prod := acct.NewAccount(awstest.WithAccountID("210987654321"), awstest.WithRegion("eu-central-1"))
	assert.Equal(t, "210987654321", prod.ID())
	assert.Equal(t, "arn:aws:iam::210987654321:root", identity(t, prod.Config()))
	assert.Equal(t, "eu-central-1", prod.Config().Region)
	assert.Equal(t, "111111111111", acct.NewAccount().ID())
	member := acct.NewOrganization().NewAccount(awstest.WithAccountID("222222222222"))
	assert.Equal(t, "222222222222", member.ID())
	assert.Equal(t, "us-east-1", member.Region())
	assert.Equal(t, "333333333333", acct.NewAccount().ID(), "222222222222 is taken")
	for _, id := range []string{"12", "210987654321"} {
		r := failing(t, func(tb awstest.TB) {
			a := awstest.New(tb)
			a.NewAccount(awstest.WithAccountID("210987654321"))
			a.NewAccount(awstest.WithAccountID(id))
		})
		assert.True(t, r.fatal, id)
	}
}

func TestRolesOfOneLetter(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/r/r-session", identity(t, acct.NewRole("r").Config()))
	for name, principal := range map[string]func(*awstest.Account) *awstest.Principal{
		"role": func(a *awstest.Account) *awstest.Principal {
			role := a.NewRole("gone")
			awstest.Do[iam.DeleteRoleOutput](a, &iam.DeleteRoleInput{RoleName: aws.String("gone")})
			return role
		},
		"user": func(a *awstest.Account) *awstest.Principal {
			awstest.Do[iam.CreateUserOutput](a, &iam.CreateUserInput{UserName: aws.String("gone")})
			user := a.IAM().User("gone")
			awstest.Do[iam.DeleteUserOutput](a, &iam.DeleteUserInput{UserName: aws.String("gone")})
			return user
		},
	} {
		for use, of := range map[string]func(*awstest.Principal){
			"config":      func(p *awstest.Principal) { p.Config() },
			"credentials": func(p *awstest.Principal) { p.Credentials() },
		} {
			r := failing(t, func(tb awstest.TB) { of(principal(awstest.New(tb))) })
			require.Len(t, r.errors, 1, "%s of %s", use, name)
			assert.True(t, r.fatal)
			assert.Contains(t, r.errors[0], ":"+name+"/gone has no credentials: ")
		}
	}
}

// Whatever policy denies, the explanation names its file and line.
func TestDenialsNameTheFileOfThePolicy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(text string) awstest.Policy {
		path := filepath.Join(dir, "deny-it.json")
		require.NoError(t, os.WriteFile(path, []byte("{\"Version\": \"2012-10-17\", \"Statement\": [\n"+text+"]}"), 0o600))
		return awstest.File(path)
	}
	deny := file(`{"Effect": "Deny", "Action": "*", "Resource": "*"}`)
	allow := awstest.Allow("*")
	everybody := file(`{"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": "*"}`)
	lists := func(p *awstest.Principal) error { return list(t.Context(), p.Config()) }
	for name, test := range map[string]func(*awstest.Account) error{
		"user": func(a *awstest.Account) error { return lists(a.NewUser("alice", allow, deny)) },
		"group": func(a *awstest.Account) error {
			return lists(a.NewUser("alice", allow, awstest.InGroup(a.NewGroup("staff", deny))))
		},
		"managed": func(a *awstest.Account) error {
			return lists(a.NewUser("alice", allow, a.IAM().CreatePolicy("p", deny)))
		},
		"boundary": func(a *awstest.Account) error { return lists(a.NewUser("alice", allow, awstest.Boundary(deny))) },
		"session":  func(a *awstest.Account) error { return lists(a.NewRole("worker", allow).NewSession("job", deny)) },
		"trust": func(a *awstest.Account) error {
			role := a.NewRole("worker", awstest.Trust(file(`{"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"}`)))
			_, err := sts.NewFromConfig(a.NewUser("alice", allow).Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("s1")})
			return err
		},
		"SCP": func(a *awstest.Account) error {
			a.NewOrganization()
			member := a.Organization().NewAccount().AttachSCP("no", deny)
			return lists(member.NewUser("alice", allow))
		},
		"RCP": func(a *awstest.Account) error {
			a.NewOrganization()
			member := a.Organization().NewAccount().AttachRCP("no", everybody)
			member.S3().CreateBucket("reports")
			return del(t.Context(), member.NewUser("alice", allow).Config())
		},
		"bucket": func(a *awstest.Account) error {
			a.S3().CreateBucket("reports").SetPolicy(file(`{"Effect": "Deny", "Action": "s3:DeleteObject", "Principal": "*", "Resource": "arn:aws:s3:::reports/*"}`))
			return del(t.Context(), a.NewUser("alice", allow).Config())
		},
		"queue": func(a *awstest.Account) error {
			queue := a.SQS().CreateQueue("jobs", nil)
			queue.SetPolicy(file(`{"Effect": "Deny", "Action": "sqs:SendMessage", "Principal": "*", "Resource": "` + queue.ARN() + `"}`))
			_, err := sqs.NewFromConfig(a.NewUser("alice", allow).Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: aws.String("m")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			acct := awstest.New(t)
			err := test(acct)
			require.Error(t, err)
			r := failing(t, func(tb awstest.TB) { awstest.AssertAllowed(tb, err) })
			require.Len(t, r.errors, 1)
			assert.Contains(t, r.errors[0], "deny-it.json:2:1)")
		})
	}
}

func TestPoliciesKeepTheirFiles(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	user := acct.NewUser("alice", awstest.File("testdata/wide.json"), awstest.FS(os.DirFS("testdata"), "wide.json"), awstest.Allow("s3:ListAllMyBuckets"))
	policies := acct.IAM().Users()[0].Inline
	assert.Contains(t, policies, "wide")
	assert.Contains(t, policies, "policy-1", "the name of the file is taken")
	assert.Contains(t, policies, "policy-2")
	user.Detach("wide")
}

// The failure of a row names its line and lists its calls; the log at the end has the
// calls that are no row's.
func TestFailingRows(t *testing.T) {
	const run = "AWSTEST_FAILING_ROWS"
	if os.Getenv(run) != "" {
		failingRows(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFailingRows$", "-test.v")
	cmd.Env = append(os.Environ(), run+"=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	require.Error(t, err, text)
	line := lineOf(t, "clients_test.go", `Name: "deletes"`)
	assert.Contains(t, text, fmt.Sprintf("the row at clients_test.go:%d", line))
	assert.Contains(t, text, `wide, Everything (testdata/wide.json:5:5)`)
	assert.Contains(t, text, "its calls:\n")
	assert.NotContains(t, text, "AWS calls of this test", "all calls are of rows")
	assert.Equal(t, 1, strings.Count(text, "ALLOW role/cleaner s3:ListAllMyBuckets"), text)
}

func failingRows(t *testing.T) {
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	role := acct.NewRole("cleaner", awstest.File("testdata/wide.json"), awstest.Allow("s3:ListAllMyBuckets"))
	both := func(ctx context.Context, cfg aws.Config) error {
		if err := list(ctx, cfg); err != nil {
			return err
		}
		return del(ctx, cfg)
	}
	awstest.Cases{
		{Name: "lists and deletes", As: role, Call: both, Want: awstest.WantAllowed()},
		{Name: "deletes", As: role, Call: both, Want: awstest.WantDenied("s3:DeleteObject")},
	}.Run(t)
}

// lineOf returns the line of a file that has a text.
func lineOf(t *testing.T, file, text string) int {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	before, _, ok := strings.Cut(string(source), "{"+text)
	require.True(t, ok)
	return strings.Count(before, "\n") + 1
}
