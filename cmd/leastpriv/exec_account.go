package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/sts/saml"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/managed"
)

// sessionSeconds is how long the session of the program lasts: as long as AWS lets any last.
const sessionSeconds = 12 * 60 * 60

// An execAccount is the account of a program, served on a port.
type execAccount struct {
	world    *fakeaws.World
	coverage *enforce.Coverage
	observed *observed
	url      string
	region   string
	roleARN  string
	// root and session are variables of the environment.
	root, session []string
	close         func()
}

// open makes the account with the role, and serves it.
func (x *execution) open(ctx context.Context) (*execAccount, error) {
	a := &execAccount{coverage: new(enforce.Coverage), region: x.serve.region}
	a.world = all.NewWorld(fakeaws.Config{
		Others: anyservice.Services{}, Services: x.serve.fakes(), Coverage: a.coverage,
		Region: x.serve.region, Mode: x.serve.mode, Seed: rand.Uint64(),
	})
	saml.Enable(a.world)
	a.roleARN = awsid.ARN("iam", "", x.account, "role/"+x.role)
	a.observed = &observed{log: a.world.Log(), soft: x.serve.mode != fakeaws.Strict,
		session: awsid.ARN("sts", "", x.account, "assumed-role/"+x.role+"/")}
	if err := x.makeRole(ctx, a); err != nil {
		a.world.Close()
		return nil, err
	}
	if err := a.listen(ctx, &x.serve); err != nil {
		a.world.Close()
		return nil, err
	}
	return a, nil
}

// listen serves the account on a free port of the loopback until it is closed.
func (a *execAccount) listen(ctx context.Context, flags *serveFlags) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	a.url = "http://" + listener.Addr().String()
	door := a.world.Door()
	server := &http.Server{
		ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := flags.checkHost(r); err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
			defer a.observed.collect()
			door.ServeHTTP(w, r)
		}),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends with Close
	}()
	a.close = sync.OnceFunc(func() {
		_ = server.Close() // the program has ended: nobody is to be waited for
		<-ended
		a.world.Close()
		a.observed.collect()
	})
	return nil
}

// makeRole makes the role with its policies, and a session of it.
func (x *execution) makeRole(ctx context.Context, a *execAccount) error {
	account, err := a.world.AddAccount(x.account, "", "")
	if err != nil {
		return fmt.Errorf("-account: %w", err)
	}
	a.root = credentialsOf(account.Root.AccessKeyID, account.Root.SecretAccessKey, "")
	do := func(from enforce.Source, in any) (any, error) {
		return a.world.Do(ctx, a.world.Fixture(x.account, x.serve.region).From(from), in)
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + x.account + `"}}]}`
	in := &awsiam.CreateRoleInput{RoleName: &x.role, AssumeRolePolicyDocument: &trust, MaxSessionDuration: aws.Int32(sessionSeconds)}
	if x.boundary != "" {
		document, source, err := readDocument(x.boundary)
		if err != nil {
			return fmt.Errorf("-boundary: %w", err)
		}
		out, err := do(source, &awsiam.CreatePolicyInput{PolicyName: aws.String("boundary-of-" + x.role), PolicyDocument: &document})
		if err != nil {
			return fmt.Errorf("-boundary %s: %w", x.boundary, err)
		}
		in.PermissionsBoundary = out.(*awsiam.CreatePolicyOutput).Policy.Arn
	}
	if _, err := do(enforce.Source{Implied: true}, in); err != nil {
		return fmt.Errorf("-role %s: %w", x.role, err)
	}
	if err := x.attach(do); err != nil {
		return err
	}
	out, err := do(enforce.Source{}, &awssts.AssumeRoleInput{RoleArn: &a.roleARN, RoleSessionName: &x.role, DurationSeconds: aws.Int32(sessionSeconds)})
	if err != nil {
		return fmt.Errorf("-role %s: %w", x.role, err)
	}
	c := out.(*awssts.AssumeRoleOutput).Credentials
	a.session = credentialsOf(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	return nil
}

// policyNames matches the names of policies that IAM takes.
var policyNames = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)

// attach gives the role its policies, which are named as their files where IAM takes that.
func (x *execution) attach(do func(enforce.Source, any) (any, error)) error {
	names := map[string]bool{}
	for i, file := range x.policies {
		document, source, err := readDocument(file)
		if err != nil {
			return fmt.Errorf("-policy: %w", err)
		}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		if names[name] || !policyNames.MatchString(name) {
			name = fmt.Sprintf("policy-%d", i+1)
		}
		names[name] = true
		if _, err := do(source, &awsiam.PutRolePolicyInput{RoleName: &x.role, PolicyName: &name, PolicyDocument: &document}); err != nil {
			return fmt.Errorf("-policy %s: %w", file, err)
		}
	}
	for _, name := range x.managed {
		p, ok := managed.Get(name)
		if !ok {
			return fmt.Errorf("-managed: AWS has no managed policy %q", name)
		}
		if _, err := do(enforce.Source{}, &awsiam.AttachRolePolicyInput{RoleName: &x.role, PolicyArn: aws.String(p.ARN())}); err != nil {
			return fmt.Errorf("-managed %s: %w", name, err)
		}
	}
	return nil
}

// readDocument reads a file with one policy. What AWS would refuse of it is told with its place.
func readDocument(file string) (text string, source enforce.Source, err error) {
	if file == stdinName {
		return "", source, errors.New("want a file: standard input is the program's")
	}
	docs, err := documents(file, enforce.IdentityPolicy, strings.NewReader(""))
	if err != nil {
		return "", source, err
	}
	if len(docs) != 1 {
		return "", source, fmt.Errorf("%s has %d policies; want one", file, len(docs))
	}
	if _, err := enforce.Parse(docs[0].text, docs[0].kind, docs[0].source); err != nil {
		return "", source, err
	}
	return docs[0].text, docs[0].source, nil
}

func credentialsOf(id, secret, token string) []string {
	env := []string{"AWS_ACCESS_KEY_ID=" + id, "AWS_SECRET_ACCESS_KEY=" + secret}
	if token != "" {
		env = append(env, "AWS_SESSION_TOKEN="+token)
	}
	return env
}

// environment is that of this process without variables of AWS's, and with those of somebody
// in the account. No files of the developer's are named.
func (a *execAccount) environment(credentials []string) []string {
	const here = "127.0.0.1,localhost"
	proxied := map[string]string{"NO_PROXY": here, "no_proxy": here}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, value, _ := strings.Cut(kv, "=")
		if _, ok := proxied[name]; ok {
			proxied[name] = strings.Trim(cmp.Or(value, here)+","+here, ",")
			return true
		}
		return strings.HasPrefix(name, "AWS_") && name != "AWS_PAGER"
	})
	for name, value := range proxied {
		env = append(env, name+"="+value)
	}
	return append(append(env,
		"AWS_ENDPOINT_URL="+a.url, "AWS_REGION="+a.region, "AWS_DEFAULT_REGION="+a.region,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"LEASTPRIV_ROLE_ARN="+a.roleARN,
	), credentials...)
}
