package anyservice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
	"github.com/leastpriv/leastpriv/internal/sigv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = worldtest.Account
	region  = worldtest.Region
)

// A lab is a World without other fakes than those of IAM and STS.
type lab struct {
	t     *testing.T
	world *fakeaws.World
	iam   *awsiam.Client // the World's own hand
	doors map[string]func(*http.Request) (*http.Response, error)
}

func newLab(t *testing.T, services anyservice.Services) *lab {
	t.Helper()
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Services: []fakeaws.Service{iam.Service, sts.Service}, Others: services})
	server := httptest.NewServer(w.Door())
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	l := &lab{t: t, world: w, iam: awsiam.NewFromConfig(worldtest.FixtureConfig(w, account, region))}
	l.doors = map[string]func(*http.Request) (*http.Response, error){
		"process": w.Door().RoundTrip,
		"socket": func(r *http.Request) (*http.Response, error) {
			r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(server.URL, "http://")
			return client.Do(r)
		},
	}
	return l
}

// root is the root user's access key of an account.
func (l *lab) root(of string) aws.Credentials {
	acct, _ := l.world.Account(of)
	return aws.Credentials{AccessKeyID: acct.Root.AccessKeyID, SecretAccessKey: acct.Root.SecretAccessKey}
}

// user makes a user with a policy.
func (l *lab) user(name, policy string) aws.Credentials {
	l.t.Helper()
	ctx := l.t.Context()
	_, err := l.iam.CreateUser(ctx, &awsiam.CreateUserInput{UserName: &name})
	require.NoError(l.t, err)
	_, err = l.iam.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy})
	require.NoError(l.t, err)
	key, err := l.iam.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: &name})
	require.NoError(l.t, err)
	return aws.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}
}

func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func allow(action, resource string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}`
}

// A sent is a request before it is signed: to a service, with headers and a body.
type sent struct {
	service, method, path, body string
	header                      map[string]string
}

// target is a request of a JSON protocol.
func target(service, name, body string) sent {
	return sent{service, http.MethodPost, "/", body, map[string]string{"X-Amz-Target": name, "Content-Type": "application/x-amz-json-1.0"}}
}

func form(service, body string) sent {
	return sent{service, http.MethodPost, "/", body, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
}

func (s *sent) sign(t testing.TB, by aws.Credentials) *http.Request {
	t.Helper()
	r, err := http.NewRequest(s.method, "https://"+s.service+"."+region+".amazonaws.com"+s.path, bytes.NewReader([]byte(s.body)))
	require.NoError(t, err)
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	if s.service == "ec2" || s.service == "sns" {
		r.Host = s.service + "." + region + ".amazonaws.com"
	}
	require.NoError(t, v4.NewSigner().SignHTTP(context.Background(), by, r, sigv4.Hash([]byte(s.body)), s.service, region, time.Now()))
	return r
}

// An answer is the status of an answer, the code of its error, and its body.
type answer struct {
	status        int
	code, message string
	body          string
	header        http.Header
}

// do sends a request through a door.
func (l *lab) do(door string, by aws.Credentials, s sent) answer {
	l.t.Helper()
	r := s.sign(l.t, by)
	r.Host = r.URL.Host
	resp, err := l.doors[door](r)
	require.NoError(l.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(l.t, err)
	a := answer{status: resp.StatusCode, body: string(body), header: resp.Header}
	if a.status >= 300 {
		a.code, a.message = errorOf(resp, body)
	}
	return a
}

func errorOf(resp *http.Response, body []byte) (code, message string) {
	var j struct {
		Type     string `json:"__type"`
		Message  string `json:"message"`
		Message2 string `json:"Message"`
	}
	if json.Unmarshal(body, &j) == nil {
		code = j.Type
		if code == "" {
			code = resp.Header.Get("X-Amzn-Errortype")
		}
		return code[strings.LastIndexByte(code, '#')+1:], j.Message + j.Message2
	}
	var x struct {
		Error  struct{ Code, Message string }
		Errors struct {
			Error struct{ Code, Message string }
		}
	}
	if xml.Unmarshal(body, &x) == nil {
		return x.Error.Code + x.Errors.Error.Code, x.Error.Message + x.Errors.Error.Message
	}
	return "", string(body)
}

// both runs a test through both doors.
func both(t *testing.T, f func(t *testing.T, door string)) {
	for _, door := range []string{"process", "socket"} {
		t.Run(door, func(t *testing.T) {
			t.Parallel()
			f(t, door)
		})
	}
}
