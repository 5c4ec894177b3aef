package awstest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
)

// An IAM is the IAM of an account, for Go code that seeds and inspects it past the
// clients: no policy is asked, and [Account.Calls] shows nothing of it. What goes wrong
// ends the test.
//
// [Account.NewUser], [Account.NewRole] and [Account.NewGroup] make what a test starts
// with; the methods here get what is there, a program's own roles among it.
type IAM struct{ account *Account }

// IAM returns the account's IAM.
func (a *Account) IAM() *IAM { return &IAM{a} }

// User returns a user that exists. It gets another access key when it first calls.
func (i *IAM) User(name string) *Principal {
	i.account.t.Helper()
	there := i.identity(aUser, name)
	p := i.account.user(there.Name, there.ARN)
	p.inline = there.lastInline()
	return p
}

// Role returns a role that exists, with a session of it, whatever its trust policy says.
func (i *IAM) Role(name string) *Principal {
	i.account.t.Helper()
	there := i.identity(aRole, name)
	p := i.account.role(there.Name, there.ARN)
	p.inline = there.lastInline()
	return p
}

// Group returns a group that exists.
func (i *IAM) Group(name string) *Group {
	i.account.t.Helper()
	there := i.identity(aGroup, name)
	return &Group{identity{account: i.account, kind: aGroup, name: there.Name, arn: there.ARN, inline: there.lastInline()}}
}

// Policy returns a managed policy of the account's, with the text of its default version.
func (i *IAM) Policy(name string) *ManagedPolicy {
	i.account.t.Helper()
	policies := i.Policies()
	at := slices.IndexFunc(policies, func(p *ManagedPolicy) bool { return p.name == name })
	if at < 0 {
		i.account.t.Fatalf("awstest: no policy %s in %s; there are: %s", name, i.account.ID(), names(policies, (*ManagedPolicy).Name))
		return nil
	}
	return policies[at]
}

// CreatePolicy makes a managed policy of the account's, for Attach and [Boundary].
func (i *IAM) CreatePolicy(name string, policy Policy) *ManagedPolicy {
	i.account.t.Helper()
	document := i.account.document(policy, enforce.ManagedPolicy, name, anyResource)
	out := perform[awsiam.CreatePolicyOutput](fixture{account: i.account, subject: name, policy: document},
		&awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document.text})
	return &ManagedPolicy{name: name, arn: *out.Policy.Arn, text: func() string { return document.text }}
}

// An Identity is a user, role or group as IAM has it.
type Identity struct {
	Name, ARN, Path string
	// Trust is the trust policy of a role.
	Trust string
	// Inline has the documents of the inline policies by name, Attached the ARNs of the
	// managed policies.
	Inline   map[string]string
	Attached []string
	// Boundary is the ARN of the permissions boundary; empty without one.
	Boundary string
	// Groups are the names of the groups that a user is in.
	Groups []string
	Tags   map[string]string
}

// String returns what there is of the identity, one thing in a line.
func (id Identity) String() string {
	var b strings.Builder
	b.WriteString(id.ARN + "\n")
	line := func(what, text string) { fmt.Fprintf(&b, "    %s: %s\n", what, strings.TrimSpace(text)) }
	if id.Trust != "" {
		line("trust policy", id.Trust)
	}
	if len(id.Groups) > 0 {
		line("groups", strings.Join(id.Groups, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(id.Inline)) {
		line("inline policy "+name, id.Inline[name])
	}
	for _, arn := range id.Attached {
		line("managed policy", arn)
	}
	if id.Boundary != "" {
		line("boundary", id.Boundary)
	}
	for _, key := range slices.Sorted(maps.Keys(id.Tags)) {
		line("tag "+key, id.Tags[key])
	}
	return b.String()
}

// lastInline is the highest number of the inline policies that Attach has named.
func (id Identity) lastInline() int {
	last := 0
	for name := range id.Inline {
		var n int
		if _, err := fmt.Sscanf(name, "policy-%d", &n); err == nil {
			last = max(last, n)
		}
	}
	return last
}

// Users returns the users as they are, in the order of their names.
func (i *IAM) Users() []Identity {
	i.account.t.Helper()
	return i.identities(aUser)
}

// Roles returns the roles as they are, in the order of their names.
func (i *IAM) Roles() []Identity {
	i.account.t.Helper()
	return i.identities(aRole)
}

// Groups returns the groups as they are, in the order of their names.
func (i *IAM) Groups() []Identity {
	i.account.t.Helper()
	return i.identities(aGroup)
}

// Policies returns the managed policies of the account's, in the order of their names.
func (i *IAM) Policies() []*ManagedPolicy {
	i.account.t.Helper()
	var all []*ManagedPolicy
	i.details(types.EntityTypeLocalManagedPolicy, func(page *awsiam.GetAccountAuthorizationDetailsOutput) {
		for _, p := range page.Policies {
			for _, v := range p.PolicyVersionList {
				if v.IsDefaultVersion {
					all = append(all, &ManagedPolicy{name: *p.PolicyName, arn: *p.Arn, text: func() string { return i.decode(v.Document) }})
				}
			}
		}
	})
	return inOrder(all, (*ManagedPolicy).Name)
}

// Dump returns every user, role, group and policy, for the log of a test that fails.
func (i *IAM) Dump() string {
	i.account.t.Helper()
	var b strings.Builder
	for _, id := range slices.Concat(i.Users(), i.Groups(), i.Roles()) {
		b.WriteString(id.String())
	}
	for _, p := range i.Policies() {
		fmt.Fprintf(&b, "%s\n    %s\n", p.arn, strings.TrimSpace(p.text()))
	}
	return b.String()
}

// identity returns a user, role or group that must exist.
func (i *IAM) identity(kind identityKind, name string) Identity {
	i.account.t.Helper()
	all := i.identities(kind)
	at := slices.IndexFunc(all, func(id Identity) bool { return strings.EqualFold(id.Name, name) })
	if at < 0 {
		i.account.t.Fatalf("awstest: no %s %s in %s; there are: %s", kind, name, i.account.ID(), names(all, nameOf))
		return Identity{}
	}
	return all[at]
}

func (i *IAM) identities(kind identityKind) []Identity {
	i.account.t.Helper()
	var all []Identity
	i.details(entityTypes[kind], func(page *awsiam.GetAccountAuthorizationDetailsOutput) {
		for _, u := range page.UserDetailList {
			all = append(all, Identity{
				Name: *u.UserName, ARN: *u.Arn, Path: *u.Path, Inline: i.inline(u.UserPolicyList), Attached: attached(u.AttachedManagedPolicies),
				Boundary: boundaryOf(u.PermissionsBoundary), Groups: u.GroupList, Tags: tagsOf(u.Tags),
			})
		}
		for _, r := range page.RoleDetailList {
			all = append(all, Identity{
				Name: *r.RoleName, ARN: *r.Arn, Path: *r.Path, Trust: i.decode(r.AssumeRolePolicyDocument),
				Inline: i.inline(r.RolePolicyList), Attached: attached(r.AttachedManagedPolicies),
				Boundary: boundaryOf(r.PermissionsBoundary), Tags: tagsOf(r.Tags),
			})
		}
		for _, g := range page.GroupDetailList {
			all = append(all, Identity{
				Name: *g.GroupName, ARN: *g.Arn, Path: *g.Path, Inline: i.inline(g.GroupPolicyList), Attached: attached(g.AttachedManagedPolicies),
			})
		}
	})
	return inOrder(all, nameOf)
}

var entityTypes = map[identityKind]types.EntityType{
	aUser: types.EntityTypeUser, aRole: types.EntityTypeRole, aGroup: types.EntityTypeGroup,
}

// detailsPage is the most that IAM gives in one answer.
const detailsPage = 1000

// details visits what IAM has of one type, page by page.
func (i *IAM) details(of types.EntityType, visit func(*awsiam.GetAccountAuthorizationDetailsOutput)) {
	i.account.t.Helper()
	for marker := (*string)(nil); ; {
		page := perform[awsiam.GetAccountAuthorizationDetailsOutput](fixture{account: i.account},
			&awsiam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{of}, Marker: marker, MaxItems: aws.Int32(detailsPage)})
		visit(page)
		if !page.IsTruncated {
			return
		}
		marker = page.Marker
	}
}

// decode reads a policy document as IAM answers it: it is encoded as a URL is.
func (i *IAM) decode(document *string) string {
	i.account.t.Helper()
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		i.account.t.Fatalf("awstest: a policy of IAM: %v", err)
	}
	return text
}

func (i *IAM) inline(policies []types.PolicyDetail) map[string]string {
	i.account.t.Helper()
	documents := make(map[string]string, len(policies))
	for _, p := range policies {
		documents[*p.PolicyName] = i.decode(p.PolicyDocument)
	}
	return documents
}

func attached(policies []types.AttachedPolicy) []string {
	var arns []string
	for _, p := range policies {
		arns = append(arns, *p.PolicyArn)
	}
	return arns
}

func boundaryOf(b *types.AttachedPermissionsBoundary) string {
	if b == nil {
		return ""
	}
	return aws.ToString(b.PermissionsBoundaryArn)
}

func tagsOf(list []types.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[*t.Key] = *t.Value
	}
	return tags
}

func nameOf(id Identity) string { return id.Name }

// inOrder sorts by name.
func inOrder[T any](list []T, name func(T) string) []T {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(name(a), name(b)) })
	return list
}

// names returns the names in a list, for a failure to show.
func names[T any](list []T, name func(T) string) string {
	var all []string
	for _, one := range list {
		all = append(all, name(one))
	}
	return strings.Join(all, ", ")
}

// AddHardwareToken tells IAM the seed of a hardware MFA token, by the serial number on
// its back. EnableMFADevice then gives it to a user, for two codes that follow each
// other. AWS knows the seeds of the tokens that it sells.
func (i *IAM) AddHardwareToken(serial string, seed []byte) {
	i.account.t.Helper()
	if err := iam.Of(i.account.world).AddHardwareToken(serial, seed); err != nil {
		i.account.t.Fatalf("awstest: AddHardwareToken %s: %v", serial, err)
	}
}

// EnableRootMFADevice gives the root user an MFA device, for two codes that follow each
// other. In AWS only the console does it.
func (i *IAM) EnableRootMFADevice(serial, code1, code2 string) {
	i.account.t.Helper()
	if err := iam.Of(i.account.world).EnableRootMFADevice(i.account.ID(), serial, code1, code2); err != nil {
		i.account.t.Fatalf("awstest: EnableRootMFADevice %s: %v", serial, err)
	}
}

// AddRoleTemplate brings in a role template, as GetRoleTemplateVersion describes it;
// AcquireRole makes roles of it. In AWS its services make them.
func (i *IAM) AddRoleTemplate(version types.RoleTemplateVersion) {
	i.account.t.Helper()
	if err := iam.Of(i.account.world).AddRoleTemplate(version); err != nil {
		i.account.t.Fatalf("awstest: AddRoleTemplate: %v", err)
	}
}

// SetDelegationTemplate says what a partner's policy template allows, which a delegation
// request names by its ARN.
func (i *IAM) SetDelegationTemplate(arn, document string) {
	i.account.t.Helper()
	if err := iam.Of(i.account.world).SetDelegationTemplate(arn, document); err != nil {
		i.account.t.Fatalf("awstest: SetDelegationTemplate %s: %v", arn, err)
	}
}

// DelegationToken returns the token of an accepted delegation request: what the partner
// would be sent.
func (i *IAM) DelegationToken(id string) string {
	i.account.t.Helper()
	token, ok := iam.Of(i.account.world).DelegationToken(id)
	if !ok {
		i.account.t.Fatalf("awstest: DelegationToken: there is no accepted delegation request %s", id)
	}
	return token
}
