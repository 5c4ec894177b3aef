package escalation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// keysOf returns the condition keys that a policy asks for, in lower case, once.
func (x *index) keysOf(p *enforce.Policy) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if keys, ok := x.keys[p]; ok {
		return keys
	}
	var keys []string
	add := func(key string) {
		if key = strings.ToLower(key); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	d := p.Elements()
	for i := range d.Statements {
		for _, c := range d.Statements[i].Conditions {
			add(c.Key.Value)
		}
	}
	for rest := p.Document(); ; {
		_, after, found := strings.Cut(rest, "${")
		if !found {
			break
		}
		name, left, _ := strings.Cut(after, "}")
		name, _, _ = strings.Cut(name, ",")
		if rest = left; strings.Contains(name, ":") {
			add(strings.TrimSpace(name))
		}
	}
	x.keys[p] = keys
	return keys
}

// ofSession are keys of other services that requests of their roles' sessions may have.
var ofSession = []string{"lambda:sourcefunctionarn", "ec2:sourceinstancearn", "ec2:roledelivery", "ecs:sourcetaskarn", "glue:credentialissuingservice"}

// ofServices are keys that only requests of services have.
var ofServices = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"}

// has reports whether a request for an action can have a condition key, by the Service
// Authorization Reference.
func has(action *catalog.Action, key string, who *enforce.Principal) bool {
	switch prefix, _, _ := strings.Cut(key, "/"); {
	case slices.Contains(ofServices, key):
		return who.Type == enforce.Service
	case slices.Contains(ofSession, key):
		return who.Type == enforce.AssumedRole
	case prefix == "aws:requesttag" || prefix == "aws:resourcetag" || prefix == "aws:tagkeys":
	case strings.HasPrefix(key, "aws:"), !strings.Contains(prefix, ":"):
		return true
	}
	k, ok := action.Service.Key(key)
	return ok && action.HasKey(k)
}

// absent are the conditions that a request for an action has none of the keys that such
// requests never have, of those that policies ask for.
func (x *index) absent(set *enforce.PolicySet, action string, who *enforce.Principal) (where []enforce.ConditionElement) {
	a, ok := catalog.Find(action)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for p := range set.All() {
		for _, key := range x.keysOf(p) {
			if !seen[key] && !has(a, key, who) {
				where = append(where, enforce.Condition("Null", key, "true"))
			}
			seen[key] = true
		}
	}
	return where
}

// impossible reports whether no request of AWS's is like one: it has a condition key that none
// for its action has, or the action never acts on the resource.
func impossible(req *enforce.Request) bool {
	a, ok := catalog.Find(req.Action)
	if !ok {
		return false
	}
	for key := range req.Context.All() {
		if !has(a, strings.ToLower(key), &req.Principal) {
			return true
		}
	}
	return !takes(a, req.Resource)
}

// takes reports whether an action acts on a resource.
func takes(a *catalog.Action, resource string) bool {
	if resource == "*" {
		return true // as a service may ask that needs no resource of some type
	}
	return slices.ContainsFunc(a.Resources, func(t catalog.Target) bool { return t.Match(resource) })
}

// resourcesOf are patterns of what an action acts on; none is an action that acts on nothing.
func resourcesOf(action string) (patterns []string) {
	a, _ := catalog.Find(action)
	for _, target := range a.Resources {
		for _, form := range target.ARNs {
			patterns = append(patterns, wildcards(form))
		}
	}
	return patterns
}

// wildcards puts "*" in place of the variables of a form.
func wildcards(form string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(form, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		variable, after, _ := strings.Cut(rest, "}")
		if form = after; variable == "Partition" {
			b.WriteString("aws")
		} else {
			b.WriteString("*")
		}
	}
}
