package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// onAll has the actions about all resources of a type in an account. The Service
// Authorization Reference gives them no resource; AWS asks for them with an ARN
// all the same, as its denials show.
var onAll = map[string]*catalog.Resource{
	"s3:ListAllMyBuckets":      {ARNs: []string{"arn:${Partition}:s3:::${*}"}},
	"iam:ListUsers":            {ARNs: []string{"arn:${Partition}:iam::${Account}:user/*"}},
	"iam:ListRoles":            {ARNs: []string{"arn:${Partition}:iam::${Account}:role/*"}},
	"iam:ListGroups":           {ARNs: []string{"arn:${Partition}:iam::${Account}:group/*"}},
	"iam:ListInstanceProfiles": {ARNs: []string{"arn:${Partition}:iam::${Account}:instance-profile/*"}},
	"iam:ListPolicies":         {ARNs: []string{"arn:${Partition}:iam::${Account}:policy/*"}},
	"sqs:ListQueues":           {ARNs: []string{"arn:${Partition}:sqs:${Region}:${Account}:*"}},
}

// A reach is what one resource of a statement can mean. What was found out once
// is kept.
type reach struct {
	enforce.Text
	pattern [6]string
	types   map[*catalog.Resource]bool
	actions map[*catalog.Action]bool
}

func newReach(r enforce.Text) *reach {
	// AWS completes what is missing at the end.
	pattern := [6]string{"*", "*", "*", "*", "*", "*"}
	copy(pattern[:], strings.SplitN(withoutVariables(r.Value), ":", len(pattern)))
	return &reach{r, pattern, make(map[*catalog.Resource]bool), make(map[*catalog.Action]bool)}
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
	taken, known := r.actions[a]
	if !known {
		if t, ok := onAll[a.String()]; ok {
			taken = r.is(t)
		} else {
			taken = slices.ContainsFunc(a.Resources, func(t catalog.Target) bool { return r.is(t.Resource) })
		}
		r.actions[a] = taken
	}
	return taken
}

// resources finds actions that none of the statement's resources is for, and
// resources that none of its actions takes. It says nothing of actions that the
// catalog does not know.
func (l *linter) resources(s *enforce.StatementElements, actions []namedAction) {
	if s.NotAction != nil || len(s.Resource) == 0 || hasStar(s.Resource) {
		return
	}
	used := make([]bool, len(s.Resource))
	resources := make([]*reach, len(s.Resource))
	for i, r := range s.Resource {
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
			l.add(r.Offset, Finding{Severity: Warning, Code: ForeignResource,
				Message: fmt.Sprintf("none of the statement's actions acts on %s", r.Value)})
		}
	}
}

func (l *linter) foreignResources(a namedAction) {
	forms := formsOf(a.actions)
	found := Finding{Severity: Warning, Code: ForeignResource}
	if forms == nil {
		found.Message = a.Value + " has no resource-level permissions: no ARN matches its requests"
		found.Suggestion = `give it a statement with the resource "*"`
	} else {
		found.Message = a.Value + " acts on none of the statement's resources"
		found.Suggestion = "it acts on " + listed(forms)
	}
	l.add(a.Offset, found)
}

// Takes reports whether requests for an action can be about a resource, given as an ARN.
func Takes(a *catalog.Action, arn string) bool { return newReach(enforce.Text{Value: arn}).takes(a) }

// ResourceForms returns the forms of the ARNs that an action acts on, the plainest first;
// none when it has no resource-level permissions.
func ResourceForms(a *catalog.Action) []string { return formsOf([]*catalog.Action{a}) }

func formsOf(actions []*catalog.Action) (forms []string) {
	for _, action := range actions {
		for _, t := range action.Resources {
			forms = append(forms, t.ARNs...)
		}
		if t, ok := onAll[action.String()]; ok {
			forms = append(forms, strings.ReplaceAll(t.ARNs[0], "${*}", "*"))
		}
	}
	slices.SortFunc(forms, func(x, y string) int {
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	})
	return slices.Compact(forms)
}
