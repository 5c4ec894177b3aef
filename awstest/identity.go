package awstest

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/leastpriv/leastpriv/enforce"
)

// An identity is what IAM's policies belong to: a user, a role or a group.
type identity struct {
	account   *Account
	kind      identityKind
	name, arn string

	mu     sync.Mutex
	inline int             // the number of the last inline policy without a name
	named  map[string]bool // inline policies that are named as their files
}

// An identityKind says what an identity is. The zero value takes no policies.
type identityKind string

const (
	aUser  identityKind = "user"
	aRole  identityKind = "role"
	aGroup identityKind = "group"
)

// Name returns the name of the user, role or group; "root" of a root user.
func (i *identity) Name() string { return i.name }

// ARN returns the ARN of the user, role or group, as policies name it.
func (i *identity) ARN() string { return i.arn }

// Attach adds policies to the user, role or group, as inline policies that are named as
// their files, "worker" for "policies/worker.json", or else policy-1, policy-2 and so on;
// a [ManagedPolicy] it attaches. They count from the next call on.
func (i *identity) Attach(policies ...Policy) {
	i.account.t.Helper()
	i.mustTakePolicies()
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, policy := range policies {
		if arn := managedARN(policy); arn != "" {
			i.attachManaged(arn)
			continue
		}
		document := i.account.document(policy, enforce.IdentityPolicy, i.arn, anyResource)
		i.put(i.inlineName(document.source.File), document)
	}
}

// inlineName names an inline policy as its file, unless it has none or IAM does not take
// the name, or another policy has it.
func (i *identity) inlineName(file string) string {
	base := filepath.Base(filepath.ToSlash(file))
	name := strings.TrimSuffix(base, filepath.Ext(base))
	if file == "" || !policyNames.MatchString(name) || i.named[name] {
		i.inline++
		return fmt.Sprintf("policy-%d", i.inline)
	}
	if i.named == nil {
		i.named = map[string]bool{}
	}
	i.named[name] = true
	return name
}

// policyNames matches the names of policies that IAM takes.
var policyNames = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)

// Detach takes policies away, by their names or ARNs: it detaches managed policies and
// deletes inline ones. A policy that is not there fails the test.
func (i *identity) Detach(names ...string) {
	t := i.account.t
	t.Helper()
	i.mustTakePolicies()
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, name := range names {
		there := i.account.IAM().identity(i.kind, i.name)
		if _, ok := there.Inline[name]; ok {
			i.deleteInline(name)
			continue
		}
		at := slices.IndexFunc(there.Attached, func(arn string) bool { return arn == name || lastOf(arn) == name })
		if at < 0 {
			all := slices.Sorted(maps.Keys(there.Inline))
			t.Fatalf("awstest: Detach %s from %s: it has no such policy; it has: %s", name, i.arn, strings.Join(append(all, there.Attached...), ", "))
			return
		}
		i.detachManaged(there.Attached[at])
	}
}

// Replace gives an inline policy another document: what a deployment changes. A policy
// that is not there fails the test. It counts from the next call on.
func (i *identity) Replace(name string, policy Policy) {
	t := i.account.t
	t.Helper()
	i.mustTakePolicies()
	i.mu.Lock()
	defer i.mu.Unlock()
	there := i.account.IAM().identity(i.kind, i.name)
	if _, ok := there.Inline[name]; !ok {
		t.Fatalf("awstest: Replace %s of %s: it has no such inline policy; it has: %s", name, i.arn, strings.Join(slices.Sorted(maps.Keys(there.Inline)), ", "))
		return
	}
	i.put(name, i.account.document(policy, enforce.IdentityPolicy, i.arn, anyResource))
}

func (i *identity) mustTakePolicies() {
	i.account.t.Helper()
	if i.kind == "" {
		i.account.t.Fatalf("awstest: %s takes no policies: users, roles and groups do, and root may do everything that no resource policy or organization denies", i.name)
	}
}

// lastOf is the name at the end of an ARN, or of a path.
func lastOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// put stores an inline policy.
func (i *identity) put(name string, policy *document) {
	i.account.t.Helper()
	i.perform(policyInputs[i.kind].put(&i.name, &name, &policy.text), name+" of ", policy)
}

func (i *identity) deleteInline(name string) {
	i.account.t.Helper()
	i.perform(policyInputs[i.kind].deleteInline(&i.name, &name), name+" of ", nil)
}

func (i *identity) attachManaged(arn string) {
	i.account.t.Helper()
	i.perform(policyInputs[i.kind].attach(&i.name, &arn), arn+" to ", nil)
}

func (i *identity) detachManaged(arn string) {
	i.account.t.Helper()
	i.perform(policyInputs[i.kind].detach(&i.name, &arn), arn+" from ", nil)
}

// perform makes a call on the identity's policies.
func (i *identity) perform(in any, subject string, policy *document) {
	i.account.t.Helper()
	fixture{account: i.account, subject: subject + i.arn, policy: policy}.must(in)
}

// policyInputs make the inputs of the operations on the policies of users, roles and
// groups: IAM has the same four for each of them.
var policyInputs = map[identityKind]struct {
	put                          func(of, name, document *string) any
	deleteInline, attach, detach func(of, policy *string) any
}{
	aUser: {
		func(of, name, document *string) any {
			return &awsiam.PutUserPolicyInput{UserName: of, PolicyName: name, PolicyDocument: document}
		},
		func(of, name *string) any { return &awsiam.DeleteUserPolicyInput{UserName: of, PolicyName: name} },
		func(of, arn *string) any { return &awsiam.AttachUserPolicyInput{UserName: of, PolicyArn: arn} },
		func(of, arn *string) any { return &awsiam.DetachUserPolicyInput{UserName: of, PolicyArn: arn} },
	},
	aRole: {
		func(of, name, document *string) any {
			return &awsiam.PutRolePolicyInput{RoleName: of, PolicyName: name, PolicyDocument: document}
		},
		func(of, name *string) any { return &awsiam.DeleteRolePolicyInput{RoleName: of, PolicyName: name} },
		func(of, arn *string) any { return &awsiam.AttachRolePolicyInput{RoleName: of, PolicyArn: arn} },
		func(of, arn *string) any { return &awsiam.DetachRolePolicyInput{RoleName: of, PolicyArn: arn} },
	},
	aGroup: {
		func(of, name, document *string) any {
			return &awsiam.PutGroupPolicyInput{GroupName: of, PolicyName: name, PolicyDocument: document}
		},
		func(of, name *string) any { return &awsiam.DeleteGroupPolicyInput{GroupName: of, PolicyName: name} },
		func(of, arn *string) any { return &awsiam.AttachGroupPolicyInput{GroupName: of, PolicyArn: arn} },
		func(of, arn *string) any { return &awsiam.DetachGroupPolicyInput{GroupName: of, PolicyArn: arn} },
	},
}

// A Group is an IAM group: a set of users that share its policies. No policy can name a
// group as its principal.
type Group struct{ identity }

// NewGroup makes an IAM group.
func (a *Account) NewGroup(name string, options ...GroupOption) *Group {
	a.t.Helper()
	s := newSpec(options)
	out := perform[awsiam.CreateGroupOutput](fixture{account: a, subject: name}, &awsiam.CreateGroupInput{GroupName: &name, Path: s.path})
	g := &Group{identity{account: a, kind: aGroup, name: name, arn: aws.ToString(out.Group.Arn)}}
	g.Attach(s.policies...)
	return g
}

// Add puts users into the group.
func (g *Group) Add(users ...*Principal) {
	g.account.t.Helper()
	for _, u := range users {
		perform[awsiam.AddUserToGroupOutput](fixture{account: g.account, subject: u.name + " to " + g.name},
			&awsiam.AddUserToGroupInput{GroupName: &g.name, UserName: &u.name})
	}
}
