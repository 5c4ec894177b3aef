package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// breadth finds statements that allow more than they seem to.
func (l *linter) breadth(s *enforce.StatementElements) {
	if s.Effect.Value != "Allow" {
		return
	}
	if s.NotAction != nil {
		l.add(s.Start, Finding{Severity: Warning, Code: AllowNotAction,
			Message:    "Allow with NotAction allows every other action, those of other and of future services too",
			Suggestion: "list what is allowed in Action, or deny with NotAction"})
	}
	if l.kind == enforce.EndpointPolicy || l.kind == enforce.ServiceControlPolicy || l.kind == enforce.ResourceControlPolicy {
		return // these only limit, and begin with allowing everything
	}
	if named(s.Principal, "*") && len(s.Conditions) == 0 {
		l.add(s.Principal[0].Offset, Finding{Severity: Warning, Code: AllowEverybody,
			Message:    "Allow for every principal: of all accounts, and anonymous callers too",
			Suggestion: "name the principals, or add a condition such as aws:PrincipalOrgID or aws:SourceArn"})
	}
	if isIdentityBased(l.kind) && hasStar(s.Action) && hasStar(s.Resource) && len(s.Conditions) == 0 {
		l.add(s.Start, Finding{Severity: Warning, Code: AllowEverything,
			Message: "the statement allows every action on every resource"})
	}
}

func isIdentityBased(k enforce.Kind) bool {
	return k == enforce.IdentityPolicy || k == enforce.ManagedPolicy || k == enforce.SessionPolicy
}

func hasStar(list []enforce.Text) bool {
	for _, t := range list {
		if t.Value == "*" {
			return true
		}
	}
	return false
}

func named(list []enforce.PrincipalElement, value string) bool {
	for _, p := range list {
		if p.Value == value && (p.Type == "*" || p.Type == "AWS") {
			return true
		}
	}
	return false
}

// escalating are the actions with which a principal that may do one of them to every user,
// group, role or policy gives itself every permission: it changes what is attached to it,
// or takes the place of somebody who has more.
var escalating = []struct{ action, kind string }{
	{"iam:AttachUserPolicy", "user"}, {"iam:AttachGroupPolicy", "group"}, {"iam:AttachRolePolicy", "role"},
	{"iam:PutUserPolicy", "user"}, {"iam:PutGroupPolicy", "group"}, {"iam:PutRolePolicy", "role"},
	{"iam:CreatePolicyVersion", "policy"}, {"iam:SetDefaultPolicyVersion", "policy"},
	{"iam:AddUserToGroup", "group"}, {"iam:UpdateAssumeRolePolicy", "role"},
	{"iam:CreateAccessKey", "user"}, {"iam:CreateLoginProfile", "user"}, {"iam:UpdateLoginProfile", "user"},
}

// limitsOfPassing are the condition keys that say to whom a role may be passed, or which.
var limitsOfPassing = []string{"iam:PassedToService", "iam:AssociatedResourceArn", "iam:ResourceTag/", "aws:ResourceTag/"}

// escalation finds statements of identity-based policies that amount to every permission,
// and those that give any role away.
func (l *linter) escalation(s *enforce.StatementElements) {
	if s.Effect.Value != "Allow" || !isIdentityBased(l.kind) || hasStar(s.Action) && hasStar(s.Resource) {
		return // the last is said already
	}
	if len(s.Conditions) == 0 {
		for _, e := range escalating {
			if at, ok := allowsOn(s, e.action, e.kind); ok {
				l.add(at, Finding{Severity: Warning, Code: AdministratorAccess,
					Message:    fmt.Sprintf("%s of every %s is administrator access: the principal can give itself every permission", e.action, e.kind),
					Suggestion: "name the resources, or add a condition such as iam:PermissionsBoundary"})
				return // which has the rest in it
			}
		}
	}
	if s.NotAction != nil {
		return // said of it already
	}
	if at, ok := allowsOn(s, "iam:PassRole", "role"); ok && !slices.ContainsFunc(limitsOfPassing, func(key string) bool { return looksAt(s, key) }) {
		l.add(at, Finding{Severity: Warning, Code: PassEveryRole,
			Message:    "iam:PassRole of every role: what the principal passes the role to does all that the role may",
			Suggestion: "name the roles, or add a condition on iam:PassedToService"})
	}
	if at, ok := allowsOn(s, "sts:AssumeRole", "role"); ok && len(s.Conditions) == 0 {
		l.add(at, Finding{Severity: Warning, Code: AssumeEveryRole,
			Message:    "sts:AssumeRole of every role: of each account and of each trust policy that admits the principal's account",
			Suggestion: "name the roles"})
	}
}

// allowsOn reports whether a statement is about an action on every user, group, role or
// policy, and returns where it says so.
func allowsOn(s *enforce.StatementElements, action, kind string) (at int, ok bool) {
	if s.NotResource == nil && !slices.ContainsFunc(s.Resource, func(r enforce.Text) bool { return isEvery(r.Value, kind) }) ||
		slices.ContainsFunc(s.NotResource, func(r enforce.Text) bool { return isEvery(r.Value, kind) }) {
		return 0, false
	}
	at, named := means(s.Action, action)
	if s.NotAction != nil {
		_, excluded := means(s.NotAction, action)
		return s.Start, !excluded
	}
	return at, named
}

// means looks for a pattern that means an action.
func means(patterns []enforce.Text, action string) (at int, ok bool) {
	for _, a := range patterns {
		if pattern, err := enforce.ParseAction(a.Value); err == nil && pattern.Match(action) {
			return a.Offset, true
		}
	}
	return 0, false
}

// isEvery reports whether a resource is every user, group, role or policy of an account.
func isEvery(resource, kind string) bool {
	if resource == "*" {
		return true
	}
	parts := [6]string{"*", "*", "*", "*", "*", "*"} // AWS completes what is missing
	copy(parts[:], strings.SplitN(resource, ":", len(parts)))
	return parts[0] == "arn" && parts[2] == "iam" && (parts[5] == "*" || parts[5] == kind+"/*" || parts[5] == kind+"/**")
}

// looksAt reports whether a statement has a condition on a key, or on keys that begin so.
func looksAt(s *enforce.StatementElements, key string) bool {
	return slices.ContainsFunc(s.Conditions, func(c enforce.ConditionElement) bool {
		return len(c.Key.Value) >= len(key) && strings.EqualFold(c.Key.Value[:len(key)], key)
	})
}

// narrowable finds a statement about every resource whose actions all act on resources
// that could be named. With conditions it is narrower already.
func (l *linter) narrowable(s *enforce.StatementElements, actions []namedAction) {
	if s.Effect.Value != "Allow" || s.NotAction != nil || len(s.Conditions) > 0 || !isIdentityBased(l.kind) || !hasStar(s.Resource) || len(actions) != len(s.Action) {
		return
	}
	names := make([]string, 0, len(actions))
	for _, a := range actions {
		for _, action := range a.actions {
			if len(action.Resources) == 0 {
				return
			}
		}
		if a.any || a.actions == nil {
			return
		}
		names = append(names, a.Value)
	}
	if len(names) == 0 {
		return
	}
	at := s.Resource[slices.IndexFunc(s.Resource, func(r enforce.Text) bool { return r.Value == "*" })].Offset
	l.add(at, Finding{Severity: Info, Code: ResourceTooBroad,
		Message:    fmt.Sprintf("the resource can be named: all of %s act on resources", listed(names)),
		Suggestion: "they act on " + listed(formsOf(allOf(actions)))})
}
