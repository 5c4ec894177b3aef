package escalation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/enforce/prove/escalation"
)

const id = "111122223333"

func parse(t *testing.T, kind enforce.Kind, name, statements string) *enforce.Policy {
	t.Helper()
	p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+statements+`]}`, kind, enforce.Source{Name: name, File: name + ".json"})
	require.NoError(t, err)
	return p
}

// allow is a statement that allows actions on resources: "iam:PutUserPolicy user/mallory".
func allow(permissions ...string) string {
	var all []string
	for _, p := range permissions {
		action, resource, _ := strings.Cut(p, " ")
		if strings.HasPrefix(resource, "user/") || strings.HasPrefix(resource, "role/") || strings.HasPrefix(resource, "group/") || strings.HasPrefix(resource, "policy/") || strings.HasPrefix(resource, "instance-profile/") {
			resource = "arn:aws:iam::" + id + ":" + resource
		}
		if resource == "" {
			resource = "*"
		}
		all = append(all, fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource))
	}
	return strings.Join(all, ",")
}

// scene is an account with mallory, an administrator of each kind, and a group.
func scene(t *testing.T, mallory string) (*escalation.World, *account.Identity) {
	t.Helper()
	a := &account.Account{ID: id}
	own := &account.Policy{ARN: "arn:aws:iam::" + id + ":policy/own", Name: "own"}
	own.Versions = []*account.Version{{ID: "v1", Policy: parse(t, enforce.ManagedPolicy, "own", allow("*"))}, {ID: "v2", Policy: parse(t, enforce.ManagedPolicy, "own2", allow("s3:GetObject"))}}
	own.Default = own.Versions[1]
	staff := &account.Group{Identity: account.Identity{Account: id, Kind: account.GroupKind, ARN: "arn:aws:iam::" + id + ":group/staff", Name: "staff"}}
	admins := &account.Group{Identity: account.Identity{Account: id, Kind: account.GroupKind, ARN: "arn:aws:iam::" + id + ":group/admins", Name: "admins",
		Inline: []*enforce.Policy{parse(t, enforce.IdentityPolicy, "admins", allow("*"))}}}
	user := func(name, statements string) *account.User {
		return &account.User{Identity: account.Identity{Account: id, Kind: account.UserKind, ARN: "arn:aws:iam::" + id + ":user/" + name, Name: name, ID: "AIDA" + strings.ToUpper(name),
			Inline: []*enforce.Policy{parse(t, enforce.IdentityPolicy, name, statements)}}}
	}
	m := user("mallory", mallory)
	m.Groups, m.Attached = []*account.Group{staff}, []*account.Policy{own}
	role := func(name, principal, statements string) *account.Role {
		return &account.Role{
			Identity: account.Identity{Account: id, Kind: account.RoleKind, ARN: "arn:aws:iam::" + id + ":role/" + name, Name: name, ID: "AROA" + strings.ToUpper(name),
				Inline: []*enforce.Policy{parse(t, enforce.IdentityPolicy, name, statements)}},
			Trust: parse(t, enforce.TrustPolicy, "trust of "+name, `{"Effect":"Allow","Principal":`+principal+`,"Action":"sts:AssumeRole"}`),
		}
	}
	service := func(name, statements string) *account.Role {
		return role(name, `{"Service":["lambda.amazonaws.com","ec2.amazonaws.com","ecs-tasks.amazonaws.com","glue.amazonaws.com","states.amazonaws.com"]}`, statements)
	}
	a.Users = []*account.User{m, user("root2", allow("*"))}
	a.Groups = []*account.Group{staff, admins}
	a.Roles = []*account.Role{role("mine", `{"AWS":"`+m.ARN+`"}`, allow("s3:GetObject")), role("admin", `{"AWS":"arn:aws:iam::999900001111:root"}`, allow("*")), service("worker", allow("*"))}
	a.Policies = []*account.Policy{own}
	a.Profiles = []*account.Profile{{ARN: "arn:aws:iam::" + id + ":instance-profile/worker", Role: a.Roles[2].ARN}}
	return &escalation.World{Accounts: []*account.Account{a}, Complete: true}, &m.Identity
}

// search looks for paths from mallory, and asks of each step's requests what they are.
func search(t *testing.T, w *escalation.World, from *account.Identity, limits ...escalation.Limits) *escalation.Result {
	t.Helper()
	s, err := escalation.New(w, limits...)
	require.NoError(t, err)
	result, err := s.From(t.Context(), from)
	require.NoError(t, err)
	for _, p := range result.Paths {
		for _, step := range p.Steps {
			for _, d := range step.Needs {
				assert.True(t, enforce.Evaluate(d.Request, d.Policies).Allowed(), "%s: %s", p, prove.Describe(d.Request))
			}
		}
		require.NotNil(t, p.Gain.Witness)
	}
	return result
}

func TestWays(t *testing.T) {
	t.Parallel()
	for way, permissions := range map[string][]string{
		"iam:CreatePolicyVersion":                                        {"iam:CreatePolicyVersion policy/own"},
		"iam:SetDefaultPolicyVersion":                                    {"iam:SetDefaultPolicyVersion policy/own"},
		"iam:PutUserPolicy":                                              {"iam:PutUserPolicy user/mallory"},
		"iam:PutGroupPolicy":                                             {"iam:PutGroupPolicy group/staff"},
		"iam:AttachUserPolicy":                                           {"iam:AttachUserPolicy user/mallory"},
		"iam:AttachGroupPolicy":                                          {"iam:AttachGroupPolicy group/staff"},
		"iam:AddUserToGroup":                                             {"iam:AddUserToGroup group/admins"},
		"sts:AssumeRole; then iam:PutRolePolicy":                         {"iam:PutRolePolicy role/mine"},
		"sts:AssumeRole; then iam:AttachRolePolicy":                      {"iam:AttachRolePolicy role/mine"},
		"iam:UpdateAssumeRolePolicy, sts:AssumeRole":                     {"iam:UpdateAssumeRolePolicy role/admin"},
		"iam:CreateAccessKey":                                            {"iam:CreateAccessKey user/root2"},
		"iam:CreateLoginProfile":                                         {"iam:CreateLoginProfile user/root2"},
		"iam:UpdateLoginProfile":                                         {"iam:UpdateLoginProfile user/root2"},
		"iam:CreateServiceSpecificCredential":                            {"iam:CreateServiceSpecificCredential user/root2"},
		"iam:CreateRole, iam:PutRolePolicy, sts:AssumeRole":              {"iam:CreateRole role/new-*", "iam:PutRolePolicy role/new-*"},
		"iam:CreateUser, iam:AttachUserPolicy, iam:CreateAccessKey":      {"iam:CreateUser", "iam:AttachUserPolicy user/x*", "iam:CreateAccessKey user/x*"},
		"iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction":     {"iam:PassRole role/worker", "lambda:CreateFunction", "lambda:InvokeFunction arn:aws:lambda:*:*:function:dev-*"},
		"iam:PassRole, lambda:CreateFunction, lambda:AddPermission":      {"iam:PassRole role/worker", "lambda:CreateFunction", "lambda:AddPermission"},
		"iam:PassRole, ec2:RunInstances":                                 {"iam:PassRole role/worker", "ec2:RunInstances"},
		"iam:PassRole, ecs:RegisterTaskDefinition, ecs:RunTask":          {"iam:PassRole role/worker", "ecs:RegisterTaskDefinition", "ecs:RunTask"},
		"iam:PassRole, glue:CreateJob, glue:StartJobRun":                 {"iam:PassRole role/worker", "glue:CreateJob", "glue:StartJobRun"},
		"iam:PassRole, states:CreateStateMachine, states:StartExecution": {"iam:PassRole", "states:*"},
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w, mallory := scene(t, allow(permissions...))
			result := search(t, w, mallory)
			var found []string
			for _, p := range result.Paths {
				if found = append(found, p.Way()); p.Way() == way {
					t.Log(p)
				}
			}
			assert.Contains(t, found, way, result.Unknown)
		})
	}
}

// What acts on no resource is asked for with "*": a statement that names one is not about it.
func TestActionsWithoutResources(t *testing.T) {
	t.Parallel()
	const esm = "lambda:CreateEventSourceMapping"
	for resource, want := range map[string]bool{"*": true, "arn:aws:lambda:*:*:function:*": false} {
		w, mallory := scene(t, allow("iam:PassRole role/worker", "lambda:CreateFunction", esm+" "+resource))
		result := search(t, w, mallory)
		found := slices.ContainsFunc(result.Paths, func(p *escalation.Path) bool { return strings.Contains(p.Way(), esm) })
		assert.Equal(t, want, found, resource)
		assert.Empty(t, result.Unknown, resource)
	}
}

// What runs with a role lets in who may change it, or nobody knows where it is not described.
func TestRunning(t *testing.T) {
	t.Parallel()
	arn := func(service, resource string) string {
		return "arn:aws:" + service + ":us-east-1:" + id + ":" + resource
	}
	for way, c := range map[string]struct {
		what        string
		permissions []string
	}{
		"lambda:UpdateFunctionCode, lambda:InvokeFunction":                   {arn("lambda", "function:f"), []string{"lambda:*"}},
		"lambda:UpdateFunctionCode":                                          {arn("lambda", "function:f"), []string{"lambda:UpdateFunctionCode"}},
		"lambda:UpdateFunctionConfiguration":                                 {arn("lambda", "function:f"), []string{"lambda:UpdateFunctionConfiguration"}},
		"ssm:SendCommand":                                                    {arn("ec2", "instance/i-1"), []string{"ssm:SendCommand"}},
		"ssm:StartSession":                                                   {arn("ec2", "instance/i-1"), []string{"ssm:StartSession"}},
		"ec2-instance-connect:SendSSHPublicKey":                              {arn("ec2", "instance/i-1"), []string{"ec2-instance-connect:SendSSHPublicKey"}},
		"ec2:StopInstances, ec2:ModifyInstanceAttribute, ec2:StartInstances": {arn("ec2", "instance/i-1"), []string{"ec2:*"}},
		"ecs:ExecuteCommand":                                                 {arn("ecs", "task/c/t"), []string{"ecs:ExecuteCommand"}},
		"codebuild:StartBuild":                                               {arn("codebuild", "project/p"), []string{"codebuild:StartBuild"}},
		"states:UpdateStateMachine, states:StartExecution":                   {arn("states", "stateMachine:s"), []string{"states:*"}},
		"cloudformation:UpdateStack":                                         {arn("cloudformation", "stack/s/1"), []string{"cloudformation:UpdateStack"}},
		"cloudformation:CreateChangeSet, cloudformation:ExecuteChangeSet":    {arn("cloudformation", "stack/s/1"), []string{"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}},
		"sagemaker:CreatePresignedNotebookInstanceUrl":                       {arn("sagemaker", "notebook-instance/n"), []string{"sagemaker:CreatePresignedNotebookInstanceUrl"}},
		"glue:UpdateDevEndpoint":                                             {arn("glue", "devEndpoint/d"), []string{"glue:UpdateDevEndpoint"}},
	} {
		w, mallory := scene(t, allow(c.permissions...))
		role := w.Accounts[0].Roles[2].ARN
		w.Accounts[0].Compute = []*account.Compute{{ARN: c.what, Role: role}}
		found := false
		for _, p := range search(t, w, mallory).Paths {
			found = found || p.Way() == way && p.Gain.Everything
		}
		assert.True(t, found, way)

		w.Accounts[0].Compute, w.Complete = nil, false
		result := search(t, w, mallory)
		if strings.HasPrefix(way, "lambda") || strings.HasPrefix(way, "ssm") {
			assert.Equal(t, prove.Unknown, result.Verdict(), way)
		}
	}
}

// A search ends with its context and its limits, and says so.
func TestLimits(t *testing.T) {
	t.Parallel()
	w, mallory := scene(t, allow("iam:*", "iam:PassRole", "lambda:*"))
	assert.Len(t, search(t, w, mallory, escalation.Limits{Paths: 2}).Paths, 2)
	assert.Contains(t, search(t, w, mallory, escalation.Limits{Paths: 2}).Unknown, "more than 2 paths")
	assert.Contains(t, search(t, w, mallory, escalation.Limits{Asks: 3}).Unknown, "more than 3 questions")
	s, err := escalation.New(w)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	result, err := s.From(ctx, mallory)
	require.NoError(t, err)
	assert.Equal(t, prove.Unknown, result.Verdict())
	_, err = s.From(ctx, &account.Identity{Account: "999900001111"})
	assert.Error(t, err)
	_, err = escalation.New(&escalation.World{})
	assert.Error(t, err)
}
