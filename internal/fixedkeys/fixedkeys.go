// Package fixedkeys says which condition keys all requests of a caller have alike, as
// conditions of questions to package prove.
package fixedkeys

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// Session are those of the sessions of a role: one of its ARN and, if it is known, its id.
func Session(role, id string) []enforce.ConditionElement {
	where := []enforce.ConditionElement{
		enforce.Condition("Null", "aws:TokenIssueTime", "false"), enforce.Condition("StringEquals", "aws:PrincipalArn", role),
	}
	if id != "" {
		where = append(where, enforce.Condition("StringLike", "aws:userid", id+":*"))
	}
	return where
}

// tag begins the keys of the tags of principals.
const tag = "aws:PrincipalTag/"

// Tags are those of the tags of a caller, which has no others. Of the others there are those
// that the policies name.
func Tags(tags map[string]string, policies iter.Seq[*enforce.Policy]) (where []enforce.ConditionElement) {
	has := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		has[strings.ToLower(name)] = true
		where = append(where, enforce.Condition("StringEquals", tag+name, tags[name]))
	}
	var others []string
	for p := range policies {
		for _, name := range named(p) {
			if !has[name] {
				has[name] = true
				others = append(others, name)
			}
		}
	}
	slices.Sort(others)
	for _, name := range others {
		where = append(where, enforce.Condition("Null", tag+name, "true"))
	}
	return where
}

// named are the tags that a policy names, in lower case: in keys of conditions and variables.
func named(p *enforce.Policy) (names []string) {
	look := func(key string) {
		if rest, ok := strings.CutPrefix(strings.ToLower(key), strings.ToLower(tag)); ok && rest != "" {
			names = append(names, rest)
		}
	}
	for _, s := range p.Elements().Statements {
		for i := range s.Conditions {
			look(s.Conditions[i].Key.Value)
			for _, v := range s.Conditions[i].Values {
				variables(v.Value, look)
			}
		}
		for _, r := range slices.Concat(s.Resource, s.NotResource) {
			variables(r.Value, look)
		}
	}
	return names
}

// variables visits the keys of policy variables: "${aws:PrincipalTag/team, 'none'}".
func variables(text string, visit func(string)) {
	for {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return
		}
		key, after, found := strings.Cut(rest, "}")
		if !found {
			return
		}
		key, _, _ = strings.Cut(key, ",")
		visit(strings.TrimSpace(key))
		text = after
	}
}

// MayTagSessions reports whether a trust policy may allow sts:TagSession: so that sessions of
// the role may have other tags than the role.
func MayTagSessions(trust *enforce.Policy) bool {
	if trust == nil {
		return true
	}
	for _, s := range trust.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		if s.NotAction != nil {
			return true
		}
		for _, a := range s.Action {
			if strings.ContainsAny(a.Value, "*?") || strings.EqualFold(a.Value, "sts:TagSession") {
				return true
			}
		}
	}
	return false
}
