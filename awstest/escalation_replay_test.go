package awstest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	awssecrets "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove/escalation"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// escalations are the paths of a principal of an account.
func escalations(t *testing.T, acct *awstest.Account, p *awstest.Principal) *escalation.Result {
	t.Helper()
	var ids []string
	for _, a := range acct.World().Accounts() {
		ids = append(ids, a.ID)
	}
	accounts, undescribed := acct.World().Describe(ids...)
	world := &escalation.World{Accounts: accounts, Complete: true, Unlisted: undescribed}
	if m := acct.World().Membership(acct.ID()); m != nil {
		world.Management = m.Management
	}
	search, err := escalation.New(world)
	require.NoError(t, err)
	i := slices.IndexFunc(accounts, func(a *account.Account) bool { return a.ID == acct.ID() })
	for _, id := range accounts[i].Identities() {
		if id.ARN == p.ARN() {
			result, err := search.From(t.Context(), id)
			require.NoError(t, err)
			return result
		}
	}
	t.Fatalf("%s is not described", p.ARN())
	return nil
}

// A replay makes the calls of paths, with clients of the SDK.
type replay struct {
	acct    *awstest.Account
	configs map[string]aws.Config // of the callers, by their ARNs
	// made and asked count calls that a fake answered, and those that were asked only: of
	// services without a fake.
	made, asked int
}

func newReplay(acct *awstest.Account, start *awstest.Principal) *replay {
	r := &replay{acct: acct, configs: map[string]aws.Config{}}
	r.configs[callerOf(start.ARN())] = start.Config()
	return r
}

// callerOf names a caller by its account, kind and name: sessions are those of their role.
func callerOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	name := strings.Split(parts[5], "/")
	switch name[0] {
	case "assumed-role":
		return parts[4] + " role " + name[1]
	case "role":
		return parts[4] + " role " + name[len(name)-1]
	}
	return parts[4] + " " + parts[5]
}

// clients make clients of the services that have a fake.
var clients = map[string]func(aws.Config) any{
	"iam":            func(c aws.Config) any { return iam.NewFromConfig(c) },
	"sts":            func(c aws.Config) any { return sts.NewFromConfig(c) },
	"s3":             func(c aws.Config) any { return s3.NewFromConfig(c) },
	"sqs":            func(c aws.Config) any { return sqs.NewFromConfig(c) },
	"sns":            func(c aws.Config) any { return awssns.NewFromConfig(c) },
	"kms":            func(c aws.Config) any { return awskms.NewFromConfig(c) },
	"secretsmanager": func(c aws.Config) any { return awssecrets.NewFromConfig(c) },
	"lambda":         func(c aws.Config) any { return awslambda.NewFromConfig(c) },
	"organizations":  func(c aws.Config) any { return organizations.NewFromConfig(c) },
}

// step makes the call of a step.
func (r *replay) step(t *testing.T, s *escalation.Step) error {
	t.Helper()
	if s.Caller.Service != "" {
		role := s.Needs[0].Request.Resource
		awstest.AssertAssumable(t, r.acct.IAM().Role(role[strings.LastIndexByte(role, '/')+1:]), s.Caller.Service)
		r.configs[callerOf(role)] = r.acct.IAM().Role(role[strings.LastIndexByte(role, '/')+1:]).Config()
		return nil
	}
	cfg, ok := r.configs[callerOf(s.Caller.ARN)]
	if !ok {
		return fmt.Errorf("nobody has credentials of %s", s.Caller.ARN)
	}
	service, operation, _ := strings.Cut(s.Operation, ":")
	if clients[service] == nil || !r.acct.World().Has(service) || slices.Contains(unparameterized, s.Operation) {
		return r.ask(t, cfg, s)
	}
	if s.Operation == "lambda:CreateFunction" {
		lambdatest.Of(r.acct).Run("escalation", func(context.Context) error { return nil })
	}
	if s.Operation == "lambda:InvokeFunction" {
		operation = "Invoke"
	}
	method := reflect.ValueOf(clients[service](cfg)).MethodByName(operation)
	if !method.IsValid() {
		return fmt.Errorf("there is no operation %s", s.Operation)
	}
	in := reflect.New(method.Type().In(1).Elem())
	for _, p := range s.Parameters {
		if err := set(in.Elem(), p.Name, p.Value); err != nil {
			return err
		}
	}
	complete(in.Interface())
	out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
	if err, _ := out[1].Interface().(error); err != nil {
		return err
	}
	r.made++
	r.keep(s, cfg, out[0].Interface())
	return nil
}

// unparameterized are calls that need more than a path says.
var unparameterized = []string{"organizations:UpdatePolicy", "organizations:DetachPolicy"}

// keep keeps the credentials that a call returns.
func (r *replay) keep(s *escalation.Step, cfg aws.Config, out any) {
	switch out := out.(type) {
	case *sts.AssumeRoleOutput:
		c := cfg.Copy()
		c.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
		r.configs[callerOf(*out.AssumedRoleUser.Arn)] = c
	case *iam.CreateAccessKeyOutput:
		c := cfg.Copy()
		c.Credentials = credentials.NewStaticCredentialsProvider(*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey, "")
		r.configs[callerOf(s.Needs[0].Request.Resource)] = c
	case *iam.CreateLoginProfileOutput, *iam.UpdateLoginProfileOutput, *iam.CreateServiceSpecificCredentialOutput, *iam.UploadSSHPublicKeyOutput:
		// The console, and services of their own, are behind these.
		user := s.Needs[0].Request.Resource
		r.configs[callerOf(user)] = r.acct.IAM().User(user[strings.LastIndexByte(user, '/')+1:]).Config()
	}
}

// set sets a member of an input, by its name: "Attributes.Policy" is in a map.
func set(in reflect.Value, name, value string) error {
	name, key, inMap := strings.Cut(name, ".")
	field := in.FieldByName(name)
	if !field.IsValid() {
		return fmt.Errorf("%s has no %s", in.Type(), name)
	}
	switch {
	case inMap:
		field.Set(reflect.ValueOf(map[string]string{key: value}))
	case field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.String:
		field.Set(reflect.ValueOf(&value))
	case field.Kind() == reflect.Bool:
		field.SetBool(value == "true")
	case field.Kind() == reflect.Slice:
		list := reflect.MakeSlice(field.Type(), 1, 1)
		list.Index(0).SetString(value)
		field.Set(list)
	case field.Kind() == reflect.String:
		field.SetString(value)
	default:
		return fmt.Errorf("%s is a %s", name, field.Type())
	}
	return nil
}

// complete sets what a call must have and does not matter, and what AWS takes from the
// resource.
func complete(in any) {
	switch in := in.(type) {
	case *iam.UploadSSHPublicKeyInput:
		in.SSHPublicKeyBody = aws.String(sshKey())
	case *iam.CreateLoginProfileInput:
		in.Password = aws.String("Correct-Horse-7")
	case *iam.UpdateLoginProfileInput:
		in.Password = aws.String("Correct-Horse-8")
	case *iam.CreateServiceSpecificCredentialInput:
		in.ServiceName = aws.String("codecommit.amazonaws.com")
	case *awslambda.CreateFunctionInput:
		in.Handler, in.Runtime = aws.String("h"), lambdatypes.RuntimeProvidedal2023
		in.Code = &lambdatypes.FunctionCode{ZipFile: archive()}
	}
}

// sshKey is a public key as ssh-keygen writes it.
func sshKey() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	var b []byte
	for _, part := range [][]byte{[]byte("ssh-rsa"), big.NewInt(int64(key.E)).Bytes(), append([]byte{0}, key.N.Bytes()...)} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	return "ssh-rsa " + base64.StdEncoding.EncodeToString(b)
}

// archive is the code of a function.
func archive() []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create("bootstrap"); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// ask asks for the permissions of a call of a service without a fake.
func (r *replay) ask(t *testing.T, cfg aws.Config, s *escalation.Step) error {
	t.Helper()
	for _, d := range s.Needs {
		var decided enforce.Decision
		if answer, err := r.may(t.Context(), cfg, d.Request); err == nil {
			decided = answer.Decision
		} else { // of what is not there, only a call could ask
			caller, err := r.may(t.Context(), cfg, &enforce.Request{Action: "sts:GetCallerIdentity", Resource: "*"})
			if err != nil {
				return err
			}
			req := *d.Request
			req.Principal = caller.Request.Principal
			decided = enforce.Evaluate(&req, caller.Policies)
		}
		if !decided.Allowed() {
			return errors.New(decided.Explain())
		}
	}
	r.asked++
	return nil
}

func (r *replay) may(ctx context.Context, cfg aws.Config, req *enforce.Request) (fakeaws.Answer, error) {
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fakeaws.Answer{}, err
	}
	return r.acct.World().Ask(ctx, &fakeaws.Question{AccessKeyID: c.AccessKeyID, Action: req.Action, Resource: req.Resource, Keys: req.Context})
}

// givePasswords gives passwords to the users of whom a path says that they have one.
func givePasswords(t *testing.T, acct *awstest.Account, p *escalation.Path) {
	t.Helper()
	for _, s := range p.Steps {
		if s.Operation != "iam:UpdateLoginProfile" || len(p.Assumes) == 0 {
			continue
		}
		for _, of := range s.Parameters {
			if of.Name != "UserName" {
				continue
			}
			_, err := iam.NewFromConfig(acct.Config()).CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: &of.Value, Password: aws.String("Correct-Horse-8")})
			if exists := new(iamtypes.EntityAlreadyExistsException); !errors.As(err, &exists) {
				require.NoError(t, err)
			}
		}
	}
}

// replayed makes the calls of a path in a clone, and asks there for what it gains.
func replayed(t *testing.T, acct *awstest.Account, start *awstest.Principal, p *escalation.Path) *replay {
	t.Helper()
	clone := acct.Clone(t)
	r := newReplay(clone, start.In(clone))
	givePasswords(t, clone, p)
	before, err := r.may(t.Context(), r.configs[callerOf(start.ARN())], p.Gain.Witness)
	if err == nil && p.Holder.Account == acct.ID() {
		assert.False(t, before.Allowed(), "%s\nit is no gain", p)
	}
	for i, s := range p.Steps {
		require.NoError(t, r.step(t, s), "step %d of\n%s", i+1, p)
	}
	holder, ok := r.configs[callerOf(p.Holder.ARN)]
	if !ok && p.Holder.Account != acct.ID() {
		return r // a principal of an account that the World does not have
	}
	require.True(t, ok, "nobody has credentials of %s\n%s", p.Holder.ARN, p)
	after, err := r.may(t.Context(), holder, p.Gain.Witness)
	if err != nil {
		return r // only a call can ask
	}
	assert.True(t, after.Allowed(), "%s\n%s", p, after.Explain())
	return r
}

// An escape is a scene with a way out of it.
type escape struct {
	allowed []awstest.PrincipalOption
	setup   func(acct *awstest.Account, options *[]awstest.PrincipalOption)
	way     string
}

const (
	inAccount = "arn:aws:iam::000000000000:"
	mallory   = inAccount + "user/mallory"
)

func one(action, resource string) awstest.PrincipalOption {
	if !strings.HasPrefix(resource, "arn:") && resource != "*" {
		resource = inAccount + resource
	}
	return awstest.Allow(action).On(resource)
}

// escapes are the ways that a World of the fakes can show, by their names.
func escapes() []escape {
	boundary := func(acct *awstest.Account, options *[]awstest.PrincipalOption) {
		*options = append(*options, awstest.Allow("s3:*").On("*"), awstest.Boundary(awstest.Allow("iam:*").On("*")))
	}
	denied := func(acct *awstest.Account, options *[]awstest.PrincipalOption) {
		*options = append(*options, awstest.Allow("s3:*").On("*"), awstest.Deny("s3:*").On("*"))
	}
	return []escape{
		{[]awstest.PrincipalOption{one("iam:CreatePolicyVersion", "policy/own")}, nil, "iam:CreatePolicyVersion"},
		{[]awstest.PrincipalOption{one("iam:SetDefaultPolicyVersion", "policy/own")}, nil, "iam:SetDefaultPolicyVersion"},
		{[]awstest.PrincipalOption{one("iam:PutUserPolicy", "user/mallory")}, nil, "iam:PutUserPolicy"},
		{[]awstest.PrincipalOption{one("iam:PutGroupPolicy", "group/staff")}, nil, "iam:PutGroupPolicy"},
		{[]awstest.PrincipalOption{one("iam:PutRolePolicy", "role/mine")}, nil, "sts:AssumeRole; then iam:PutRolePolicy"},
		{[]awstest.PrincipalOption{one("iam:AttachUserPolicy", "user/mallory")}, nil, "iam:AttachUserPolicy"},
		{[]awstest.PrincipalOption{awstest.Allow("iam:AttachUserPolicy").On(mallory).If("ArnLike", "iam:PolicyARN", inAccount+"policy/*"), one("iam:CreatePolicy", "policy/team/*")}, nil, "iam:CreatePolicy, iam:AttachUserPolicy"},
		{[]awstest.PrincipalOption{one("iam:AttachGroupPolicy", "group/staff")}, nil, "iam:AttachGroupPolicy"},
		{[]awstest.PrincipalOption{one("iam:AttachRolePolicy", "role/mine")}, nil, "sts:AssumeRole; then iam:AttachRolePolicy"},
		{[]awstest.PrincipalOption{one("iam:AddUserToGroup", "group/admins")}, nil, "iam:AddUserToGroup"},
		{[]awstest.PrincipalOption{one("iam:UpdateAssumeRolePolicy", "role/admin")}, nil, "iam:UpdateAssumeRolePolicy, sts:AssumeRole"},
		{[]awstest.PrincipalOption{one("iam:CreateAccessKey", "user/root2")}, nil, "iam:CreateAccessKey"},
		{[]awstest.PrincipalOption{one("iam:CreateLoginProfile", "user/root2")}, nil, "iam:CreateLoginProfile"},
		{[]awstest.PrincipalOption{one("iam:CreateServiceSpecificCredential", "user/root2")}, nil, "iam:CreateServiceSpecificCredential"},
		{[]awstest.PrincipalOption{one("iam:CreateRole", "role/new-*"), one("iam:PutRolePolicy", "role/new-*")}, nil, "iam:CreateRole, iam:PutRolePolicy, sts:AssumeRole"},
		{[]awstest.PrincipalOption{one("iam:CreateRole", "role/new-*"), one("iam:AttachRolePolicy", "role/new-*")}, nil, "iam:CreateRole, iam:AttachRolePolicy, sts:AssumeRole"},
		{[]awstest.PrincipalOption{one("iam:CreateUser", "*"), one("iam:PutUserPolicy", "user/x*"), one("iam:CreateAccessKey", "user/x*")}, nil, "iam:CreateUser, iam:PutUserPolicy, iam:CreateAccessKey"},
		{[]awstest.PrincipalOption{one("iam:CreateUser", "*"), one("iam:AttachUserPolicy", "user/x*"), one("iam:CreateAccessKey", "user/x*")}, nil, "iam:CreateUser, iam:AttachUserPolicy, iam:CreateAccessKey"},
		{[]awstest.PrincipalOption{one("iam:DeleteUserPermissionsBoundary", "user/mallory")}, boundary, "iam:DeleteUserPermissionsBoundary"},
		{[]awstest.PrincipalOption{one("iam:PutUserPermissionsBoundary", "user/mallory")}, boundary, "iam:PutUserPermissionsBoundary"},
		{[]awstest.PrincipalOption{one("iam:DeleteUserPolicy", "user/mallory")}, denied, "iam:DeleteUserPolicy"},
		{[]awstest.PrincipalOption{one("iam:DetachUserPolicy", "user/mallory")}, func(acct *awstest.Account, options *[]awstest.PrincipalOption) {
			*options = append(*options, awstest.Allow("s3:*").On("*"), acct.IAM().CreatePolicy("never", awstest.Deny("s3:*").On("*")))
		}, "iam:DetachUserPolicy"},
		{[]awstest.PrincipalOption{one("iam:RemoveUserFromGroup", "group/jail")}, func(_ *awstest.Account, options *[]awstest.PrincipalOption) {
			*options = append(*options, awstest.Allow("s3:*").On("*"))
		}, "iam:RemoveUserFromGroup"},
		{[]awstest.PrincipalOption{one("iam:DeleteGroupPolicy", "group/jail")}, func(_ *awstest.Account, options *[]awstest.PrincipalOption) {
			*options = append(*options, awstest.Allow("s3:*").On("*"))
		}, "iam:DeleteGroupPolicy"},
		{nil, nil, "sts:AssumeRole"},
		{[]awstest.PrincipalOption{one("iam:PassRole", "role/worker"), one("lambda:CreateFunction", "*"), one("lambda:InvokeFunction", "*")}, nil, "iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction"},
		{[]awstest.PrincipalOption{one("iam:PassRole", "role/worker"), one("ec2:RunInstances", "*"), one("iam:CreateInstanceProfile", "*"), one("iam:AddRoleToInstanceProfile", "*")}, nil,
			"iam:CreateInstanceProfile, iam:AddRoleToInstanceProfile, iam:PassRole, ec2:RunInstances"},
		{[]awstest.PrincipalOption{one("iam:PassRole", "role/worker"), one("ecs:RegisterTaskDefinition", "*"), one("ecs:RunTask", "*")}, nil, "iam:PassRole, ecs:RegisterTaskDefinition, ecs:RunTask"},
		{[]awstest.PrincipalOption{one("iam:PassRole", "role/worker"), one("cloudformation:CreateStack", "*")}, nil, "iam:PassRole, cloudformation:CreateStack"},
		{[]awstest.PrincipalOption{one("iam:PassRole", "role/worker"), one("states:*", "*")}, nil, "iam:PassRole, states:CreateStateMachine, states:StartExecution"},
		{[]awstest.PrincipalOption{one("s3:PutBucketPolicy", "arn:aws:s3:::reports")}, nil, "s3:PutBucketPolicy"},
		{[]awstest.PrincipalOption{one("sns:SetTopicAttributes", "*")}, nil, "sns:SetTopicAttributes"},
		{[]awstest.PrincipalOption{one("secretsmanager:PutResourcePolicy", "*")}, nil, "secretsmanager:PutResourcePolicy"},
		{[]awstest.PrincipalOption{one("kms:PutKeyPolicy", "*")}, nil, "kms:PutKeyPolicy"},
		{[]awstest.PrincipalOption{one("kms:CreateGrant", "*")}, nil, "kms:CreateGrant"},
		{[]awstest.PrincipalOption{one("sqs:SetQueueAttributes", "*"), one("sqs:GetQueueUrl", "*")}, nil, "sqs:SetQueueAttributes"},
	}
}

// prison makes an account with mallory, whom the escape lets out.
func prison(tb awstest.TB, e escape) (*awstest.Account, *awstest.Principal) {
	acct := awstest.New(tb, lambdatest.With(), awstest.With(kms.Service, sns.Service, secretsmanager.Service))
	options := slices.Clone(e.allowed)
	own := acct.IAM().CreatePolicy("own", awstest.Allow("s3:*", "iam:*").On("*"))
	_, err := iam.NewFromConfig(acct.Root().Config()).CreatePolicyVersion(tb.Context(), &iam.CreatePolicyVersionInput{PolicyArn: aws.String(own.ARN()), SetAsDefault: true,
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:ListQueues","Resource":"*"}}`)})
	awstest.RequireAllowed(tb, err)
	if e.setup != nil {
		e.setup(acct, &options)
	}
	list := []awstest.UserOption{own}
	for _, o := range options {
		list = append(list, o)
	}
	m := acct.NewUser("mallory", list...)
	everything := awstest.Allow("*").On("*")
	acct.NewRole("mine", awstest.Allow("sns:*").On("*"), awstest.Trust(awstest.Allow("sts:AssumeRole").By(m.ARN())))
	acct.NewRole("admin", everything, awstest.Trust(awstest.Allow("sts:AssumeRole").By("999900001111")))
	services := []string{"lambda.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "cloudformation.amazonaws.com", "states.amazonaws.com"}
	acct.NewRole("worker", everything, awstest.Trust(awstest.JSON(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["`+strings.Join(services, `","`)+`"]}}}`)))
	acct.NewUser("root2", everything)
	acct.NewGroup("staff").Add(m)
	acct.NewGroup("admins", everything)
	if strings.Contains(e.way, "Group") && strings.Contains(fmt.Sprint(e.way), "RemoveUser") || e.way == "iam:DeleteGroupPolicy" {
		acct.NewGroup("jail", awstest.Deny("s3:*").On("*")).Add(m)
	}
	acct.S3().CreateBucket("reports")
	acct.SQS().CreateQueue("jobs", nil)
	root := acct.Root().Config()
	_, err = awssns.NewFromConfig(root).CreateTopic(tb.Context(), &awssns.CreateTopicInput{Name: aws.String("news")})
	awstest.RequireAllowed(tb, err)
	_, err = awssecrets.NewFromConfig(root).CreateSecret(tb.Context(), &awssecrets.CreateSecretInput{Name: aws.String("secret"), SecretString: aws.String("x")})
	awstest.RequireAllowed(tb, err)
	_, err = awskms.NewFromConfig(root).CreateKey(tb.Context(), &awskms.CreateKeyInput{})
	awstest.RequireAllowed(tb, err)
	return acct, m
}

// Each way is found, and the calls of every path that is found are made: they work, and what
// is gained is allowed then and was not before.
func TestEscalationsWork(t *testing.T) {
	t.Parallel()
	for _, e := range escapes() {
		t.Run(e.way, func(t *testing.T) {
			t.Parallel()
			acct, m := prison(t, e)
			result := escalations(t, acct, m)
			assert.Contains(t, waysOf(result), e.way, result.Unknown)
			for _, p := range result.Paths {
				replayed(t, acct, m, p)
			}
		})
	}
}

func waysOf(r *escalation.Result) (all []string) {
	for _, p := range r.Paths {
		all = append(all, p.Way())
	}
	return all
}

// What closes a path closes it, and nothing else of the same is found by then.
func TestRemediesClose(t *testing.T) {
	t.Parallel()
	for _, e := range escapes() {
		t.Run(e.way, func(t *testing.T) {
			t.Parallel()
			acct, m := prison(t, e)
			for _, p := range escalations(t, acct, m).Paths {
				if p.Way() != e.way {
					continue
				}
				require.NotEmpty(t, p.Remedy.Add, p)
				clone := acct.Clone(t)
				root := iam.NewFromConfig(clone.Root().Config())
				document := `{"Version":"2012-10-17","Statement":[` + p.Remedy.Add + `]}`
				name := p.Remedy.Of.ARN[strings.LastIndexByte(p.Remedy.Of.ARN, '/')+1:]
				if p.Remedy.Of.Type == enforce.User {
					_, err := root.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("closed"), PolicyDocument: &document})
					require.NoError(t, err)
				} else {
					role := strings.Split(p.Remedy.Of.ARN, "/")[1]
					_, err := root.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("closed"), PolicyDocument: &document})
					require.NoError(t, err)
				}
				for _, left := range escalations(t, clone, m.In(clone)).Paths {
					if left.Way() == e.way && sameTarget(left, p) {
						t.Errorf("closed by %s, and open:\n%s", p.Remedy, left)
					}
				}
			}
		})
	}
}

// sameTarget reports whether two paths end with the same holder.
func sameTarget(a, b *escalation.Path) bool {
	return a.Holder.ARN == b.Holder.ARN && a.Steps[0].Operation == b.Steps[0].Operation
}
