package lint

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// SameMeaning reports whether two documents of one kind decide every request alike: each
// statement of the one is covered by a statement of the other with the same effect and
// principals. Where it cannot tell, as where two statements cover a third together, it says
// that they do not.
func SameMeaning(a, b *enforce.Document) bool {
	c := &coverage{left: maxCoverSteps, exact: true}
	return a.Version.Value == b.Version.Value && c.coversAll(a, b) && c.coversAll(b, a) && c.left >= 0
}

// coversAll reports whether each statement of a document is covered by one of another.
func (c *coverage) coversAll(by, d *enforce.Document) bool {
	for i := range d.Statements {
		if !slices.ContainsFunc(by.Statements, func(s enforce.StatementElements) bool { return c.covers(&s, &d.Statements[i]) }) {
			return false
		}
	}
	return true
}

// hasPrincipals reports whether two statements name the same principals: of a principal that
// is named in another way more or less may be allowed besides, by a boundary as by the
// policies of its own account.
func (c *coverage) hasPrincipals(by, s *enforce.StatementElements) bool {
	c.left -= len(by.Principal) * len(s.Principal)
	if c.left < 0 || !samePrincipals(by.NotPrincipal, s.NotPrincipal) {
		return false
	}
	within := func(a, b []enforce.PrincipalElement) bool {
		return !slices.ContainsFunc(a, func(p enforce.PrincipalElement) bool { return !hasPrincipal(b, p) })
	}
	return within(by.Principal, s.Principal) && within(s.Principal, by.Principal)
}

// implied reports whether a condition holds of every request of which the conditions of a
// statement hold: where one of them is StringEquals on its key, a request has one of the
// values, and no other one beside it. The evaluator decides whether the condition holds of
// each, so that there is one meaning of conditions.
func (c *coverage) implied(want *enforce.ConditionElement, conditions []enforce.ConditionElement) bool {
	operator, _, _ := want.Qualifiers()
	if operator != "Null" && !strings.HasPrefix(operator, "String") || hasVariable(want) {
		return false
	}
	return slices.ContainsFunc(conditions, func(have enforce.ConditionElement) bool {
		if have.Operator.Value != "StringEquals" || !strings.EqualFold(have.Key.Value, want.Key.Value) || len(have.Values) == 0 || hasVariable(&have) {
			return false
		}
		for _, v := range have.Values {
			if c.left -= 100 * (1 + len(want.Values)); c.left < 0 || !holdsOf(want, v.Value) {
				return false
			}
		}
		return true
	})
}

func hasVariable(c *enforce.ConditionElement) bool {
	return slices.ContainsFunc(c.Values, func(v enforce.Text) bool { return strings.Contains(v.Value, "${") })
}

// holdsOf reports whether a condition holds of a request whose key has one value.
func holdsOf(c *enforce.ConditionElement, value string) bool {
	const action = "s3:ListAllMyBuckets"
	policy, err := enforce.Build(&enforce.Document{Statements: []enforce.StatementElements{{
		Effect: enforce.Text{Value: "Allow"}, Action: enforce.Texts(action), Resource: enforce.Texts("*"), Conditions: []enforce.ConditionElement{*c},
	}}}, enforce.IdentityPolicy, enforce.Source{})
	if err != nil {
		return false
	}
	request := enforce.Request{Principal: enforce.Principal{Type: enforce.User, Account: "000000000000", ARN: "arn:aws:iam::000000000000:user/u"}, Action: action, Resource: "*"}
	request.Context.Set(c.Key.Value, value)
	return enforce.Evaluate(&request, &enforce.PolicySet{Identity: []*enforce.Policy{policy}}).Allowed()
}
