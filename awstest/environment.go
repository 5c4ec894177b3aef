package awstest

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// EnvTB is a test that can set environment variables: [*testing.T], [*testing.B] and
// [*testing.F].
type EnvTB interface {
	TB
	Setenv(key, value string)
	TempDir() string
}

// A CredentialStyle is how a program finds a principal's credentials in its environment:
// the variables that say so. The styles of this package are [StaticCredentials],
// [ContainerCredentials] and [ProfileCredentials]; idp has the token file of a pod.
type CredentialStyle func(EnvTB, *Principal) map[string]string

// Setenv makes the test's process one that runs as the principal, for programs that call
// LoadDefaultConfig of the SDK themselves. It takes every AWS_ variable of the developer
// away, and sets credentials, region and the account's URL as endpoint of every service;
// without a style the credentials are static ones. So that nothing reaches the real AWS,
// whatever endpoint the program chooses, all that is not on loopback goes to a proxy that
// does not exist. The environment is the process's: the test cannot run in parallel. It
// ends with the test.
func (p *Principal) Setenv(t EnvTB, style ...CredentialStyle) {
	t.Helper()
	env := p.environment()
	styles := append(slices.Clone(style), StaticCredentials)
	for k, v := range styles[0](t, p) {
		env[k] = v
	}
	if t.Failed() {
		return
	}
	for _, k := range ambient() {
		setenv(t, k, "")
		if err := os.Unsetenv(k); err != nil {
			t.Fatalf("awstest: Setenv: %v", err)
		}
	}
	for k, v := range env {
		setenv(t, k, v)
	}
}

// Setenv is [Principal.Setenv] of the root user.
func (a *Account) Setenv(t EnvTB, style ...CredentialStyle) {
	t.Helper()
	a.Root().Setenv(t, style...)
}

// setenv explains why a variable cannot be set.
func setenv(t EnvTB, k, v string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("awstest: Setenv in a test that runs in parallel: the environment is the whole process's, and tests beside this one would run as its principal; "+
				"leave t.Parallel out, or give the program a config (Config) or a subprocess (Environ): %v", p)
		}
	}()
	t.Setenv(k, v)
}

// ambient are the developer's variables for AWS.
func ambient() (names []string) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			names = append(names, name)
		}
	}
	return names
}

// nowhere is the proxy for all hosts but loopback. Its name is in the error of a program
// that tries to reach AWS itself.
const nowhere = "http://awstest-keeps-tests-from-the-real-network.invalid:1"

// environment returns the variables that are the same in every style.
func (p *Principal) environment() map[string]string {
	p.account.t.Helper()
	env := map[string]string{
		"AWS_REGION":         p.account.options.region,
		"AWS_DEFAULT_REGION": p.account.options.region,
		"AWS_ENDPOINT_URL":   p.account.URL(),
		// The SDK for Go exchanges a pod's token before it reads AWS_ENDPOINT_URL.
		"AWS_ENDPOINT_URL_STS":        p.account.URL(),
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		env[name], env[strings.ToLower(name)] = nowhere, nowhere
	}
	env["NO_PROXY"] = "127.0.0.1,localhost,::1"
	env["no_proxy"] = env["NO_PROXY"]
	return env
}

// Env returns the principal's credentials, the region and the account's URL as
// KEY=VALUE, for the environment of a subprocess. It names no configuration
// files, so that the subprocess does not read the developer's own, and keeps it from the
// real AWS as [Principal.Setenv] does.
func (p *Principal) Env() []string {
	p.account.t.Helper()
	env := p.environment()
	for k, v := range StaticCredentials(nil, p) {
		env[k] = v
	}
	list := make([]string, 0, len(env))
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return list
}

// Environ returns the environment of this process without the developer's AWS_
// variables, and with those of [Principal.Env]: all that a subprocess needs.
//
//	cmd := exec.Command("program")
//	cmd.Env = role.Environ()
func (p *Principal) Environ() []string {
	p.account.t.Helper()
	inherited := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "AWS_") })
	return append(inherited, p.Env()...)
}

// StaticCredentials are an access key, as variables have it: AWS_ACCESS_KEY_ID and its
// like, as AWS Lambda gives them to functions.
func StaticCredentials(_ EnvTB, p *Principal) map[string]string {
	p.account.t.Helper()
	c := p.Credentials()
	env := map[string]string{"AWS_ACCESS_KEY_ID": c.AccessKeyID, "AWS_SECRET_ACCESS_KEY": c.SecretAccessKey}
	if c.SessionToken != "" {
		env["AWS_SESSION_TOKEN"] = c.SessionToken
	}
	return env
}

// ProfileCredentials are a profile of the shared configuration files that a developer
// has. Everything is in that profile, the region and the endpoint too.
func ProfileCredentials(profile string) CredentialStyle {
	return func(t EnvTB, p *Principal) map[string]string {
		t.Helper()
		c := p.Credentials()
		dir := t.TempDir()
		config, secrets := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
		section := "[profile " + profile + "]\n"
		if profile == "default" {
			section = "[default]\n"
		}
		write(t, config, section+"region = "+p.account.options.region+"\nendpoint_url = "+p.account.URL()+"\n")
		text := "[" + profile + "]\naws_access_key_id = " + c.AccessKeyID + "\naws_secret_access_key = " + c.SecretAccessKey + "\n"
		if c.SessionToken != "" {
			text += "aws_session_token = " + c.SessionToken + "\n"
		}
		write(t, secrets, text)
		return map[string]string{"AWS_PROFILE": profile, "AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": secrets}
	}
}

func write(t TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatalf("awstest: %v", err)
	}
}

// ContainerCredentials are those of a task of ECS or a pod of EKS Pod Identity: an
// endpoint on loopback that answers with the session of the role, new ones when they
// expire, to who has the token of a file.
func ContainerCredentials(t EnvTB, p *Principal) map[string]string {
	t.Helper()
	if p.kind != aRole {
		t.Fatalf("awstest: ContainerCredentials of %s: containers have the sessions of roles", p.arn)
		return nil
	}
	token := p.account.world.IDs().Token(tokenLength)
	file := filepath.Join(t.TempDir(), "eks-pod-identity-token")
	write(t, file, token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(token)) != 1 {
			http.Error(w, "the Authorization header has another token", http.StatusUnauthorized)
			return
		}
		c, err := p.credentials.get()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, p.account, c)
	}))
	t.Cleanup(server.Close)
	return map[string]string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI":     server.URL + "/v1/credentials",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file,
	}
}

// tokenLength is the length of the token of a container's endpoint.
const tokenLength = 64

// answer writes credentials as the endpoint of a container does. Clients compare their
// expiration with the machine's clock.
func answer(w http.ResponseWriter, a *Account, c aws.Credentials) {
	w.Header().Set("Content-Type", "application/json")
	left := c.Expires.Sub(a.Now())
	_ = json.NewEncoder(w).Encode(map[string]string{ // the client has gone
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken,
		"Expiration": time.Now().Add(left).UTC().Format(time.RFC3339), "AccountId": c.AccountID,
	})
}
