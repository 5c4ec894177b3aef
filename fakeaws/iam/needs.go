package iam

import (
	"context"
	"reflect"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// bind makes the row of an operation. IAM's actions have the names of their
// operations.
func bind[I, O any](s *Fake, method func(context.Context, *I) (*O, error), on target, keys ...contextKey) fakeaws.Op {
	return fakeaws.BindMethod(method, func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		call := fakeaws.CallFrom(ctx)
		if err := refuseSession(call.Caller); err != nil {
			return nil, err
		}
		shape := shapeOf(reflect.TypeFor[I]())
		if err := shape.plan.Check(in); err != nil {
			return nil, err
		}
		return s.needs(call, input{reflect.ValueOf(in).Elem(), shape}, on, keys)
	})
}

// needs asks for the permissions of a call with valid input.
func (s *Fake) needs(call *fakeaws.Call, in input, on target, keys []contextKey) ([]fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	subjects, err := on(&query{service: s, call: call, account: s.account(call.Account), input: in})
	if err != nil {
		return nil, err
	}
	tag, tagged := tagOnCreate[in.operation]
	tagged = tagged && len(in.tags()) > 0
	needs := make([]fakeaws.Need, 0, len(subjects)+number(tagged))
	for i := range subjects {
		action := "iam:" + in.operation
		if subjects[i].action != "" {
			action = subjects[i].action
		}
		needs = append(needs, subjects[i].need(action, in, keys))
	}
	if tagged {
		needs = append(needs, subjects[0].need(tag, in, []contextKey{requestTags}))
	}
	return needs, nil
}

// refuseSession refuses temporary credentials of a user, which may call IAM
// only when they were made with MFA, and of a federated user, which never may
// (API pages "GetSessionToken" and "GetFederationToken").
func refuseSession(c *fakeaws.Caller) error {
	// Those of GetSessionToken have no session policies; others are of AssumeRoot
	// or of a delegation.
	mayCall := c.Session == nil || c.Session.MFA || c.Session.Policies != nil
	if c.Type == enforce.AssumedRole || c.Type != enforce.FederatedUser && mayCall {
		return nil
	}
	return &fakeaws.Error{
		Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid.", Status: 403,
	}
}

// tagOnCreate has the second permission that creating a resource with tags
// needs.
var tagOnCreate = map[string]string{
	"CreateUser":   "iam:TagUser",
	"CreateRole":   "iam:TagRole",
	"CreatePolicy": "iam:TagPolicy",

	"CreateVirtualMFADevice":  "iam:TagMFADevice",
	"UploadServerCertificate": "iam:TagServerCertificate",

	"CreateInstanceProfile":       "iam:TagInstanceProfile",
	"CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
	"CreateSAMLProvider":          "iam:TagSAMLProvider",
}

// A query is a call whose permissions are asked for.
type query struct {
	service *Fake
	call    *fakeaws.Call
	account *account
	input
}

// An input gives the members of an operation's input by name.
type input struct {
	value reflect.Value
	*shape
}

func (in input) pointer(member string) *string {
	if i, ok := in.fields[member]; ok {
		return in.value.Field(i).Interface().(*string)
	}
	return nil
}

func (in input) text(member string) string {
	if p := in.pointer(member); p != nil {
		return *p
	}
	return ""
}

// flag reports whether an optional yes-or-no member is yes.
func (in input) flag(member string) bool {
	b, _ := in.value.Field(in.fields[member]).Interface().(*bool)
	return b != nil && *b
}

// number returns an optional number in digits.
func (in input) number(member string) (string, bool) {
	n, _ := in.value.Field(in.fields[member]).Interface().(*int32)
	if n == nil {
		return "", false
	}
	return strconv.Itoa(int(*n)), true
}

func (in input) tags() []types.Tag {
	if i, ok := in.fields["Tags"]; ok {
		return in.value.Field(i).Interface().([]types.Tag)
	}
	return nil
}

// A subject is what an action is evaluated on: an ARN with the real path where
// the resource exists, and with path "/" where it does not, because IAM
// authorizes before it looks.
type subject struct {
	arn string
	// name is how IAM prints the resource in a denial; empty is the ARN.
	name string
	// action is one that the call needs beside the one of its name.
	action   string
	tags     *tagSet
	boundary *policy
	// policy is the resource's own.
	policy *enforce.Policy
	// context sets condition keys that the resource alone decides.
	context func(*enforce.Context)
}

func (sub *subject) need(action string, in input, keys []contextKey) fakeaws.Need {
	n := fakeaws.Need{Action: action, Resource: sub.arn, Name: sub.name, Policy: sub.policy}
	if sub.tags != nil {
		sub.tags.each(func(key, value string) {
			n.Context.Set("aws:ResourceTag/"+key, value)
			n.Context.Set("iam:ResourceTag/"+key, value)
		})
	}
	if sub.context != nil {
		sub.context(&n.Context)
	}
	for _, set := range keys {
		set(&n.Context, in, sub)
	}
	return n
}

// A contextKey adds the condition keys that an action has beyond those of its
// resource's tags.
type contextKey func(*enforce.Context, input, *subject)

func requestTags(c *enforce.Context, in input, _ *subject) {
	tags := in.tags()
	if len(tags) == 0 {
		return
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = *t.Key
		c.Set("aws:RequestTag/"+*t.Key, *t.Value)
	}
	c.SetMulti("aws:TagKeys", keys)
}

func requestTagKeys(c *enforce.Context, in input, _ *subject) {
	c.SetMulti("aws:TagKeys", in.value.Field(in.fields["TagKeys"]).Interface().([]string))
}

func policyARN(c *enforce.Context, in input, _ *subject) {
	c.Set("iam:PolicyARN", in.text("PolicyArn"))
}

func requestBoundary(c *enforce.Context, in input, _ *subject) {
	if arn := in.pointer("PermissionsBoundary"); arn != nil {
		c.Set("iam:PermissionsBoundary", *arn)
	}
}

func currentBoundary(c *enforce.Context, _ input, sub *subject) {
	if sub.boundary != nil {
		c.Set("iam:PermissionsBoundary", sub.boundary.arn)
	}
}

// A target finds the resources that a call is authorized on, most often one.
type target func(*query) ([]subject, error)

// existing is the target of actions on an entity that the member names.
func existing(k *kind, member string) target {
	return func(q *query) ([]subject, error) {
		return []subject{q.entity(k, q.text(member))}, nil
	}
}

func (q *query) entity(k *kind, name string) subject {
	printed := k.noun + " " + name
	e, err := k.find(q.account, name)
	if err != nil {
		return subject{arn: iamARN(q.account.id, k.noun, "/", name), name: printed}
	}
	sub := subject{arn: e.arn, name: printed, tags: &e.tags, boundary: e.boundary}
	if from := e.role.template; from != nil {
		sub.context = func(c *enforce.Context) { c.Set("iam:RoleTemplateARN", *from.TemplateArn) }
	}
	return sub
}

// created is the target of actions that make an entity: printed as an ARN.
func created(k *kind, member string) target {
	return func(q *query) ([]subject, error) {
		return []subject{{arn: iamARN(q.account.id, k.noun, pathOr(q.pointer("Path")), q.text(member))}}, nil
	}
}

// renamed is the target of actions that rename an entity: AWS asks for
// permission on the old and the new one (API page "UpdateUser").
func renamed(k *kind, member, newMember string) target {
	return func(q *query) ([]subject, error) {
		old := q.entity(k, q.text(member))
		newName, newPath := q.pointer(newMember), q.pointer("NewPath")
		if newName == nil && newPath == nil {
			return []subject{old}, nil
		}
		name, path := q.text(member), "/"
		if e, err := k.find(q.account, name); err == nil {
			path = e.path
		}
		if newName != nil {
			name = *newName
		}
		if newPath != nil {
			path = *newPath
		}
		return []subject{old, {
			arn: iamARN(q.account.id, k.noun, path, name), name: k.noun + " " + name,
			tags: old.tags, boundary: old.boundary,
		}}, nil
	}
}

// listed is the target of actions that list entities: they are evaluated on the
// path that they list, which has the form of an ARN without a name.
func listed(k *kind) target {
	return func(q *query) ([]subject, error) {
		prefix := q.text("PathPrefix")
		if prefix == "" {
			prefix = "/"
		}
		return []subject{{arn: iamARN(q.account.id, k.noun, prefix, "")}}, nil
	}
}

var (
	newUser       = created(userKind, "UserName")
	onUser        = existing(userKind, "UserName")
	onUserAndNew  = renamed(userKind, "UserName", "NewUserName")
	listUsers     = listed(userKind)
	newGroup      = created(groupKind, "GroupName")
	onGroup       = existing(groupKind, "GroupName")
	onGroupAndNew = renamed(groupKind, "GroupName", "NewGroupName")
	listGroups    = listed(groupKind)
	newRole       = created(roleKind, "RoleName")
	onRole        = existing(roleKind, "RoleName")
	listRoles     = listed(roleKind)
)

// userOrCaller is the target of actions on the caller's own user, when the
// request names no other.
func userOrCaller(q *query) ([]subject, error) {
	if name := q.pointer("UserName"); name != nil {
		return []subject{q.entity(userKind, *name)}, nil
	}
	e, err := q.service.self(q.call)
	if err != nil {
		return nil, err
	}
	return []subject{{arn: e.arn, name: "user " + e.name, tags: &e.tags, boundary: e.boundary}}, nil
}

// ownerOfKey is the target of GetAccessKeyLastUsed. What AWS evaluates for a
// key that does not exist is unverified.
func ownerOfKey(q *query) ([]subject, error) {
	if key, ok := q.service.keys[q.text("AccessKeyId")]; ok && key.user.account == q.account {
		e := key.user
		return []subject{{arn: e.arn, name: "user " + e.name, tags: &e.tags}}, nil
	}
	return []subject{{arn: "*", name: "-"}}, nil
}

func newPolicy(q *query) ([]subject, error) {
	name := q.text("PolicyName")
	return []subject{{
		arn:  iamARN(q.account.id, "policy", pathOr(q.pointer("Path")), name),
		name: "policy " + name,
	}}, nil
}

// onPolicy is the target of actions on a managed policy, which AWS prints with
// the word before the ARN.
func onPolicy(q *query) ([]subject, error) {
	arn := q.text("PolicyArn")
	sub := subject{arn: arn, name: "policy " + arn}
	if p, ok := q.account.policy(arn); ok {
		sub.tags = &p.tags
	}
	return []subject{sub}, nil
}

// onPolicyByName is onPolicy for the tagging actions, which print the name.
func onPolicyByName(q *query) ([]subject, error) {
	subjects, err := onPolicy(q)
	if err != nil {
		return nil, err
	}
	_, name := splitPolicyARN(subjects[0].arn)
	subjects[0].name = "policy " + name
	return subjects, nil
}

// listPolicies has no resource-level permissions; the denial names the path.
func listPolicies(q *query) ([]subject, error) {
	prefix := q.text("PathPrefix")
	if prefix == "" {
		prefix = "/"
	}
	return []subject{{arn: "*", name: "policy path " + prefix}}, nil
}
