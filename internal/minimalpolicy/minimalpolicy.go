// Package minimalpolicy makes policies of what calls needed: with each permission that was
// used, and no more.
package minimalpolicy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Policy is an identity-based policy that grows with the decisions on calls. The zero value
// grants nothing.
type Policy struct {
	actions map[minimal]map[string]bool
}

// A minimal is a statement of the policy: permissions under the same conditions on the same
// resource.
type minimal struct{ conditions, resource string }

// Add adds the permission that a decision is about, if it is one that the caller's own
// policies must grant: under the conditions of the statement that granted it. With denied it
// adds also those that were denied.
func (p *Policy) Add(d enforce.Decision, denied bool) {
	conditions, needed := Needs(d, denied)
	if !needed {
		return
	}
	m := minimal{conditions, d.Request.Resource}
	if p.actions[m] == nil {
		if p.actions == nil {
			p.actions = map[minimal]map[string]bool{}
		}
		p.actions[m] = map[string]bool{}
	}
	p.actions[m][d.Request.Action] = true
}

// Needs reports whether a decision is about a permission that the caller's own policies must
// grant, and under which conditions they do. One that was denied is such a permission where
// denied says so.
func Needs(d enforce.Decision, denied bool) (conditions string, needed bool) {
	if !d.Allowed() {
		return "", denied
	}
	uses := own(d.Uses())
	if len(uses) == 0 {
		return "", false // a resource-based policy granted it
	}
	return conditionsOf(uses[0].Statement), true
}

// own are the uses of identity-based policies; the first without conditions comes first.
func own(uses []enforce.Use) []enforce.Use {
	uses = slices.DeleteFunc(uses, func(u enforce.Use) bool {
		k := u.Statement.Policy().Kind()
		return k != enforce.IdentityPolicy && k != enforce.ManagedPolicy
	})
	slices.SortStableFunc(uses, func(a, b enforce.Use) int {
		return len(a.Statement.Elements().Conditions) - len(b.Statement.Elements().Conditions)
	})
	return uses
}

// conditionsOf returns the Condition element of a statement as text; empty without one.
func conditionsOf(s *enforce.Statement) string {
	var element struct{ Condition json.RawMessage }
	if err := json.Unmarshal([]byte(s.Document()), &element); err != nil {
		return ""
	}
	return string(element.Condition)
}

// Document writes the document: resources with the same actions and conditions share a
// statement.
func (p *Policy) Document() string {
	type shared struct{ conditions, actions string }
	resources := map[shared][]string{}
	for m, set := range p.actions {
		s := shared{m.conditions, strings.Join(slices.Sorted(maps.Keys(set)), "\n")}
		resources[s] = append(resources[s], m.resource)
	}
	type statement struct {
		Sid       string
		Effect    string
		Action    []string
		Resource  []string
		Condition json.RawMessage `json:",omitempty"`
	}
	document := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17", Statement: []statement{}}
	keys := slices.SortedFunc(maps.Keys(resources), func(a, b shared) int {
		return strings.Compare(a.actions+a.conditions, b.actions+b.conditions)
	})
	for i, s := range keys {
		slices.Sort(resources[s])
		document.Statement = append(document.Statement, statement{
			Sid: fmt.Sprintf("Used%d", i+1), Effect: "Allow", Action: strings.Split(s.actions, "\n"), Resource: resources[s], Condition: json.RawMessage(s.conditions),
		})
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err.Error() // conditions are JSON that was parsed before
	}
	return string(text)
}
