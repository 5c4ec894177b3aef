package awstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/minimalpolicy"
)

// A PolicyDiff is what is between the policies that a user or role has and what its calls
// needed: see [Principal.PolicyDiff].
type PolicyDiff struct {
	// Unused are grants of the policies that no call used, in their order.
	Unused []UnusedGrant
	// Missing are permissions that calls needed and the policies do not grant, in the order
	// of the calls.
	Missing []MissingGrant
}

// An UnusedGrant is a part of an Allow statement that no call has used.
type UnusedGrant struct {
	Statement *enforce.Statement
	// Element is "Action", "Resource", "NotAction" or "NotResource"; empty for the whole
	// statement.
	Element string
	// Values are those of the element that were not used: one of Action or Resource, and all
	// of NotAction and NotResource, which grant whatever they do not name.
	Values []string
	// Used are the actions that were used of an Action with wildcards, which is wider.
	Used []string
}

// A MissingGrant is a permission that a call needed and no policy grants.
type MissingGrant struct {
	Action, Resource string
	// Add is the smallest statement that grants it, as JSON; empty where a Deny or another
	// layer than the identity-based policies stands in the way.
	Add string
	// Decision is that of the policies as they are now.
	Decision enforce.Decision
}

// PolicyDiff compares the policies that a user or role has with [Principal.MinimalPolicy]:
// what is in the one and not in the other. Denied calls count where they passed ([Soft]),
// as they do there: elsewhere tests make them to see that they are denied.
func (p *Principal) PolicyDiff() PolicyDiff {
	p.account.t.Helper()
	p.mustTakePolicies()
	calls, inForce := p.account.used().By(p), p.policiesInForce()
	return PolicyDiff{Unused: unusedIn(inForce, calls), Missing: p.missing(inForce, calls)}
}

// unusedIn returns what calls did not use of policies.
func unusedIn(policies []*enforce.Policy, calls Calls) (unused []UnusedGrant) {
	used := usages(calls)
	for _, policy := range policies {
		for _, s := range policy.Statements() {
			if s.Effect() == "Allow" {
				unused = append(unused, unusedOf(s, used[s])...)
			}
		}
	}
	return unused
}

// Empty reports whether the policies grant just what the calls needed.
func (d PolicyDiff) Empty() bool { return len(d.Unused)+len(d.Missing) == 0 }

// String lists what is unused and what is missing, one in a line; "" of none.
func (d PolicyDiff) String() string {
	var lines []string
	for _, u := range d.Unused {
		lines = append(lines, "unused: "+u.String())
	}
	for _, m := range d.Missing {
		lines = append(lines, "missing: "+m.String())
	}
	return strings.Join(lines, "\n")
}

// String says where the grant stands and what of it was not used.
func (u UnusedGrant) String() string {
	where := placeOf(u.Statement) + ": "
	switch u.Element {
	case "":
		return where + "the whole statement"
	case "NotAction":
		return where + "NotAction grants all actions but " + quotedList(u.Values)
	case "NotResource":
		return where + "NotResource grants all resources but " + quotedList(u.Values)
	}
	text := where + u.Element + " " + quotedList(u.Values)
	if len(u.Used) > 0 {
		text += " is wider than what was used: " + strings.Join(u.Used, ", ")
	}
	return text
}

// String has the permission, and the statement that grants it.
func (m MissingGrant) String() string {
	text := m.Action + " on " + m.Resource
	if m.Add != "" {
		return text + ", granted by " + m.Add
	}
	return text + ": " + m.Decision.Suggest()
}

// placeOf is where a statement stands: file or policy, line, column and name.
func placeOf(s *enforce.Statement) string {
	line, column := s.Position()
	file := s.Policy().Source().File
	if file == "" {
		file = s.Policy().Label()
	}
	return fmt.Sprintf("%s:%d:%d %s", file, line, column, s.Label())
}

func quotedList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(quoted, ", ")
}

// unusedOf returns what was not used of a statement.
func unusedOf(s *enforce.Statement, u *usage) (unused []UnusedGrant) {
	if u == nil {
		return []UnusedGrant{{Statement: s}}
	}
	elements := s.Elements()
	for i, action := range elements.Action {
		used := u.actions[i]
		if len(used) > 0 && !strings.ContainsAny(action.Value, "*?") {
			continue
		}
		slices.Sort(used)
		unused = append(unused, UnusedGrant{s, "Action", []string{action.Value}, used})
	}
	if len(elements.NotAction) > 0 {
		unused = append(unused, UnusedGrant{Statement: s, Element: "NotAction", Values: valuesOf(elements.NotAction)})
	}
	for i, resource := range elements.Resource {
		if len(u.resources[i]) == 0 {
			unused = append(unused, UnusedGrant{Statement: s, Element: "Resource", Values: []string{resource.Value}})
		}
	}
	if len(elements.NotResource) > 0 {
		unused = append(unused, UnusedGrant{Statement: s, Element: "NotResource", Values: valuesOf(elements.NotResource)})
	}
	return unused
}

func valuesOf(texts []enforce.Text) []string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = t.Value
	}
	return list
}

// missing are the permissions of the minimal policy that the policies in force do not grant.
func (p *Principal) missing(inForce []*enforce.Policy, calls Calls) (missing []MissingGrant) {
	for _, call := range calls {
		for _, d := range call.Decisions {
			if _, minimal := minimalpolicy.Needs(d, p.account.options.mode == Soft); !minimal {
				continue
			}
			now := *d.Policies
			now.Identity = inForce
			again := enforce.Evaluate(d.Request, &now)
			if again.Allowed() || slices.ContainsFunc(missing, func(m MissingGrant) bool {
				return m.Action == d.Request.Action && m.Resource == d.Request.Resource
			}) {
				continue
			}
			m := MissingGrant{Action: d.Request.Action, Resource: d.Request.Resource, Decision: again}
			if s := again.Suggestions(); len(s) == 1 && s[0].Layer == enforce.IdentityLayer && s[0].Call == "" {
				m.Add = s[0].Add
			}
			missing = append(missing, m)
		}
	}
	return missing
}
