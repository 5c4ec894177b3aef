package enforce

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// onAll has the actions about all resources of a type in an account. The Service
// Authorization Reference gives them no resource; AWS asks for them with an ARN
// all the same, as its denials show.
var onAll = map[string]*catalog.Resource{
	"s3:ListAllMyBuckets":      {ARN: "arn:${Partition}:s3:::${*}"},
	"iam:ListUsers":            {ARN: "arn:${Partition}:iam::${Account}:user/*"},
	"iam:ListRoles":            {ARN: "arn:${Partition}:iam::${Account}:role/*"},
	"iam:ListGroups":           {ARN: "arn:${Partition}:iam::${Account}:group/*"},
	"iam:ListInstanceProfiles": {ARN: "arn:${Partition}:iam::${Account}:instance-profile/*"},
	"iam:ListPolicies":         {ARN: "arn:${Partition}:iam::${Account}:policy/*"},
	"sqs:ListQueues":           {ARN: "arn:${Partition}:sqs:${Region}:${Account}:*"},
}

// A reach is what one resource of a statement can mean.
type reach struct {
	text
	any     bool
	pattern [6]string
	types   map[*catalog.Resource]bool // looked up already
}

func newReach(r text) *reach {
	p := splitPattern(r.value)
	for i := range p {
		p[i] = withoutVariables(p[i])
	}
	return &reach{text: r, any: r.value == "*", pattern: p, types: make(map[*catalog.Resource]bool)}
}

// withoutVariables puts a wildcard in place of every policy variable.
func withoutVariables(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "}")
		b.WriteByte('*')
	}
}

// is reports whether the resource can be one of a type.
func (r *reach) is(t *catalog.Resource) bool {
	fits, known := r.types[t]
	if !known {
		fits = t.Overlaps(r.pattern)
		r.types[t] = fits
	}
	return fits
}

// takes reports whether a request for an action can be about the resource.
func (r *reach) takes(a *catalog.Action) bool {
	if r.any {
		return true
	}
	if t, ok := onAll[a.String()]; ok {
		return r.is(t)
	}
	return slices.ContainsFunc(a.Resources, func(t catalog.Target) bool { return r.is(t.Resource) })
}

// resources finds actions that none of the statement's resources is for, and
// resources that none of its actions takes. It says nothing of actions that the
// catalog does not know.
func (l *linter) resources(s *rawStatement, actions []namedAction) {
	if s.notAction != nil || len(s.resource) == 0 || has(s.resource, "*") {
		return
	}
	used := make([]bool, len(s.resource))
	resources := make([]*reach, len(s.resource))
	for i, r := range s.resource {
		resources[i] = newReach(r)
	}
	unclear := false
	for _, a := range actions {
		if a.any || a.actions == nil {
			unclear = true
			continue
		}
		taken := false
		for i, r := range resources {
			if slices.ContainsFunc(a.actions, r.takes) {
				used[i], taken = true, true
			}
		}
		if !taken {
			l.foreignResources(a)
		}
	}
	if unclear || !slices.Contains(used, true) {
		return // said of the actions already
	}
	for i, r := range resources {
		if !used[i] {
			l.add(r.at, Finding{Severity: Warning, Code: ForeignResource,
				Message: fmt.Sprintf("none of the statement's actions acts on %s", r.value)})
		}
	}
}

func (l *linter) foreignResources(a namedAction) {
	var forms []string
	for _, action := range a.actions {
		for _, t := range action.Resources {
			if !slices.Contains(forms, t.ARN) {
				forms = append(forms, t.ARN)
			}
		}
		if t, ok := onAll[action.String()]; ok && !slices.Contains(forms, t.ARN) {
			forms = append(forms, strings.ReplaceAll(t.ARN, "${*}", "*"))
		}
	}
	found := Finding{Severity: Warning, Code: ForeignResource}
	if forms == nil {
		found.Message = a.value + " has no resource-level permissions: no ARN matches its requests"
		found.Suggestion = `give it a statement with the resource "*"`
	} else {
		found.Message = a.value + " acts on none of the statement's resources"
		found.Suggestion = "it acts on " + listed(forms)
	}
	l.add(a.at, found)
}
