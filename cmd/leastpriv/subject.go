package main

import (
	"fmt"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/fixedkeys"
	"github.com/leastpriv/leastpriv/internal/managed"
	"github.com/leastpriv/leastpriv/internal/proofs"
)

// A subject is somebody about whom something is proved.
type subject struct {
	name string
	at   place // where nothing else is to be named
	// parts are the policies that decide, for questions about actions.
	parts func(actions []string) ([]proofs.Part, error)
}

// isDetails reports whether a file is what "aws iam get-account-authorization-details" prints.
func isDetails(file string) bool {
	for _, section := range []string{"RoleDetailList", "UserDetailList", "GroupDetailList"} {
		if hasSection(file, section) {
			return true
		}
	}
	return false
}

// readDetails reads exports of accounts.
func readDetails(files ...string) ([]*account.Account, error) {
	all := make([]account.File, len(files))
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all[i] = account.File{Name: file, Data: data}
	}
	return account.Read(func(arn string) (string, bool) {
		p, ok := managed.Get(arn)
		if !ok {
			return "", false
		}
		return p.Document(), true
	}, all...)
}

// detailSubjects are the users and roles of accounts whose names or ARNs a pattern matches; ""
// matches all.
func detailSubjects(file string, accounts []*account.Account, pattern string) (all []subject) {
	trusts := newTrusts(accounts)
	for _, a := range accounts {
		for _, i := range a.Identities() {
			if matches(pattern, i.ARN) || matches(pattern, i.Name) {
				all = append(all, subject{name: i.ARN, at: place{file, 1, 1}, parts: func(actions []string) ([]proofs.Part, error) {
					return identityParts(a, i, trusts, actions), nil
				}})
			}
		}
	}
	return all
}

// matches reports whether a pattern matches a name; * stands for anything, slashes too.
func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(name, "/", "\x00"))
	return err == nil && ok
}

// identityParts are the policies of a user or role, and the trust policies of those roles that
// it may assume.
func identityParts(a *account.Account, i *account.Identity, trusts *trusts, actions []string) []proofs.Part {
	set := a.PolicySet(i)
	rest := proofs.Part{Set: set, Question: prove.Question{Principals: []enforce.Principal{i.Principal()}}}
	rest.Unknown = strings.Join(i.Unknowns(), "; ")
	q := &rest.Question
	may := false
	if i.Kind == account.RoleKind {
		q.Principals = []enforce.Principal{{Type: enforce.AssumedRole, Account: i.Account}}
		q.Where = fixedkeys.Session(i.ARN, i.ID)
		may = fixedkeys.MayTagSessions(trusts.of[i.ARN])
	}
	parts := []proofs.Part{rest}
	for _, r := range trusts.naming(i, set, actions) {
		one := rest
		s := *set
		s.Resource, one.Set, one.Question.Within = r.trust, &s, []string{r.arn}
		parts = append(parts, one)
	}
	if !may {
		tags := make(map[string]string, len(i.Tags))
		for _, t := range i.Tags {
			tags[t.Key] = t.Value
		}
		where := fixedkeys.Tags(tags, policiesOf(parts))
		for n := range parts {
			parts[n].Question.Where = slices.Concat(parts[n].Question.Where, where)
		}
	}
	return parts
}

func policiesOf(parts []proofs.Part) iter.Seq[*enforce.Policy] {
	return func(yield func(*enforce.Policy) bool) {
		for i := range parts {
			for p := range parts[i].Set.All() {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// A trusted is a role with its trust policy.
type trusted struct {
	arn   string
	trust *enforce.Policy
}

// trusts finds the trust policies that may let a caller assume a role.
type trusts struct {
	of    map[string]*enforce.Policy // by the ARN of the role
	named map[string][]trusted       // by the ARN of a principal
	wide  []trusted                  // of those that name accounts, ids or everybody
	// direct are those of wide that name more than whole accounts.
	direct []trusted
}

func newTrusts(accounts []*account.Account) *trusts {
	t := &trusts{of: make(map[string]*enforce.Policy), named: make(map[string][]trusted)}
	for _, a := range accounts {
		for _, r := range a.Roles {
			t.of[r.ARN] = r.Trust
			if r.Trust != nil {
				t.add(trusted{r.ARN, r.Trust})
			}
		}
	}
	return t
}

func (t *trusts) add(r trusted) {
	wide := false
	for _, s := range r.trust.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		wide = wide || s.NotPrincipal != nil
		for _, p := range s.Principal {
			kind, _, _ := strings.Cut(enforce.SplitPattern(p.Value)[5], "/")
			switch {
			case p.Type == "AWS" && kind == "user", p.Type == "AWS" && kind == "role":
				if list := t.named[p.Value]; len(list) == 0 || list[len(list)-1].arn != r.arn {
					t.named[p.Value] = append(list, r)
				}
			case p.Type == "AWS", p.Type == "", p.Value == "*":
				wide = true
			}
		}
	}
	if wide {
		t.wide = append(t.wide, r)
		if !onlyAccounts(r.trust) {
			t.direct = append(t.direct, r)
		}
	}
}

// naming are the roles whose trust policies may let somebody in, if any of the actions may be
// one that assumes roles: those that name the caller, and, where the caller's own policies may
// allow it, those that name its account.
func (t *trusts) naming(i *account.Identity, set *enforce.PolicySet, actions []string) []trusted {
	if !slices.ContainsFunc(actions, mayAssume) {
		return nil
	}
	if !slices.ContainsFunc(set.Identity, func(p *enforce.Policy) bool {
		return slices.ContainsFunc(p.Elements().Statements, func(s enforce.StatementElements) bool {
			return s.Effect.Value == "Allow" && (s.NotAction != nil || slices.ContainsFunc(s.Action, func(a enforce.Text) bool { return mayAssume(a.Value) }))
		})
	}) {
		// Everybody, or the caller's session or id, may be named directly: these need no policy
		// of the caller's own.
		return slices.Concat(t.named[i.ARN], t.direct)
	}
	return slices.Concat(t.named[i.ARN], t.wide)
}

// onlyAccounts reports whether a trust policy names nobody but whole accounts, apart from users
// and roles.
func onlyAccounts(trust *enforce.Policy) bool {
	for _, s := range trust.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		if s.NotPrincipal != nil {
			return false
		}
		for _, p := range s.Principal {
			account := len(p.Value) == 12 && strings.Trim(p.Value, "0123456789") == ""
			kind, _, _ := strings.Cut(enforce.SplitPattern(p.Value)[5], "/")
			if p.Type != "Service" && p.Type != "Federated" && !account && kind != "root" && kind != "user" && kind != "role" {
				return false
			}
		}
	}
	return true
}

// mayAssume reports whether a pattern may be of an action that assumes roles.
func mayAssume(pattern string) bool {
	service, name, found := strings.Cut(strings.ToLower(pattern), ":")
	if !found {
		name = "*"
	}
	if ok, err := path.Match(service, "sts"); err != nil || !ok {
		return false
	}
	for _, action := range []string{"assumerole", "tagsession", "setsourceidentity", "setcontext"} {
		if ok, err := path.Match(name, action); err == nil && ok {
			return true
		}
	}
	return false
}

// stackParts are the policies of a principal and of the resources of a template, if there is one.
func stackParts(t *templateStack, p enforce.Principal, whole bool, set *enforce.PolicySet, tags *enforce.Context, account string) []proofs.Part {
	rest := proofs.Part{Set: set, Question: prove.Question{Principals: []enforce.Principal{p}}}
	if whole {
		rest.Question.Principals = []enforce.Principal{{Type: enforce.AssumedRole, Account: p.Account}}
		rest.Question.Where = fixedkeys.Session(p.IssuerARN, "")
	}
	if account != "" {
		rest.Question.ResourceAccount = account
	}
	if t == nil {
		return []proofs.Part{rest}
	}
	var parts []proofs.Part
	for i := range t.Resources {
		arn := t.Resources[i].ARN
		if r := &t.Resources[i]; givesUnread(r) {
			one := rest
			one.Question.Within = []string{unreadIn(r)}
			one.Unknown = fmt.Sprintf("the policy that %s (%s) gives a resource, which is not read", r.Address, r.Type)
			parts = append(parts, one)
			continue
		}
		if arn == "" {
			continue
		}
		policy, err := t.resourcePolicy(arn)
		if policy == nil && err == nil {
			continue
		}
		one := rest
		one.Question.Within, one.Question.ResourceAccount = []string{arn, arn + "/*"}, defaultAccount
		if t.Resources[i].Type != "AWS::IAM::Role" {
			rest.Question.Except = append(rest.Question.Except, one.Question.Within...)
		}
		if err != nil {
			one.Unknown = fmt.Sprintf("the policy of %s: %v", t.Resources[i].Address, err)
		} else {
			s := *set
			s.Resource, one.Set = policy, &s
		}
		parts = append(parts, one)
	}
	parts = append(parts, rest)
	if !whole { // the trust policy of a role may let its sessions have other tags
		pinTags(parts, tags)
	}
	return parts
}

// pinTags says that the caller has its tags and no others.
func pinTags(parts []proofs.Part, tags *enforce.Context) {
	known := make(map[string]string)
	for key, values := range tags.All() {
		if name, ok := strings.CutPrefix(key, "aws:PrincipalTag/"); ok {
			known[name] = values[0]
		}
	}
	where := fixedkeys.Tags(known, policiesOf(parts))
	for i := range parts {
		parts[i].Question.Where = slices.Concat(parts[i].Question.Where, where)
	}
}

// givesUnread reports whether a resource of a template gives a policy to a resource, itself or
// another, and is of a kind whose policies are not read.
func givesUnread(r *deploy.Resource) bool {
	switch r.Type {
	case "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy", "AWS::SNS::TopicPolicy", "AWS::SecretsManager::ResourcePolicy",
		"AWS::KMS::Key", "aws_kms_key_policy":
		return false
	}
	if strings.HasPrefix(r.Type, "AWS::IAM::") || strings.HasPrefix(r.Type, "aws_iam_") {
		return false
	}
	return strings.HasSuffix(r.Type, "Permission") || strings.HasSuffix(r.Type, "_permission") || len(documentsIn(r.Properties, "")) > 0
}

// unreadIn is a pattern of the resources to which such a policy may be given.
func unreadIn(r *deploy.Resource) string {
	service := strings.ToLower(strings.Split(strings.TrimPrefix(r.Type, "AWS::"), "::")[0])
	if rest, ok := strings.CutPrefix(r.Type, "aws_"); ok {
		service, _, _ = strings.Cut(rest, "_")
	}
	if _, ok := catalog.Lookup(service); !ok {
		return "*"
	}
	return "arn:*:" + service + ":*:*:*"
}
