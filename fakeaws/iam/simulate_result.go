package iam

import (
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A policySource is how answers of the simulator call a policy.
type policySource struct {
	id   string
	kind types.PolicySourceType
}

// The kinds of sources as the simulator answers them, which are not those that
// its model lists.
const (
	identitySource types.PolicySourceType = "IAM Policy"
	resourceSource types.PolicySourceType = "Resource Policy"
)

// The keys of the details of decisions across accounts. Unverified.
const (
	identityDetail = "IAM Policy"
	resourceDetail = "Resource Policy"
	boundaryDetail = "Permissions Boundary Policy"
)

// sourceID is the name of a principal's policy: of an inline one with the
// principal before it.
func (g *grant) sourceID() string {
	if g.managed != nil {
		return g.managed.name
	}
	return g.owner.noun + "_" + g.owner.name + "_" + g.policy.Source().Name
}

// A decided is a decision with the lists that its result has of it.
type decided struct {
	*enforce.Decision
	statements []types.Statement
	absent     []string
}

// A result is what the simulator found about one action: a decision for each
// resource.
type result struct{ decisions []decided }

// named reports whether the request named resources: the decision about "*" has
// no results of its own.
func (r *result) named() bool { return len(r.decisions) > 1 || r.decisions[0].Request.Resource != "*" }

// verdict is the most restrictive one of all resources.
func (r *result) verdict() enforce.Verdict {
	worst := enforce.Allowed
	for i := range r.decisions {
		worst = stricter(worst, r.decisions[i].Verdict)
	}
	return worst
}

// stricter returns the verdict of two that restricts more.
func stricter(a, b enforce.Verdict) enforce.Verdict {
	switch {
	case a == enforce.ExplicitDeny || b == enforce.ExplicitDeny:
		return enforce.ExplicitDeny
	case a == enforce.ImplicitDeny || b == enforce.ImplicitDeny:
		return enforce.ImplicitDeny
	}
	return enforce.Allowed
}

func decision(v enforce.Verdict) types.PolicyEvaluationDecisionType {
	return types.PolicyEvaluationDecisionType(v.String())
}

func (r *result) view() types.EvaluationResult {
	first := r.decisions[0]
	verdict := r.verdict()
	view := types.EvaluationResult{
		EvalActionName:       aws.String(first.Request.Action),
		EvalDecision:         decision(verdict),
		EvalResourceName:     aws.String("*"),
		MatchedStatements:    []types.Statement{},
		MissingContextValues: []string{},
	}
	allowedBy := map[enforce.Layer]bool{}
	statements, keys := make(map[statementPlace]bool), make(map[string]bool)
	for _, d := range r.decisions {
		if d.Verdict == verdict {
			view.MatchedStatements = appendNew(view.MatchedStatements, d.statements, statements, placeOf)
		}
		view.MissingContextValues = appendNew(view.MissingContextValues, d.absent, keys, func(key string) string { return key })
		for _, l := range d.Layers() {
			before, seen := allowedBy[l.Layer]
			allowedBy[l.Layer] = (before || !seen) && l.Verdict == enforce.Allowed
		}
	}
	if allowed, limits := allowedBy[enforce.SCPLayer]; limits {
		view.OrganizationsDecisionDetail = &types.OrganizationsDecisionDetail{AllowedByOrganizations: allowed}
	}
	if allowed, limits := allowedBy[enforce.BoundaryLayer]; limits {
		view.PermissionsBoundaryDecisionDetail = &types.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: allowed}
	}
	if r.named() {
		r.addResources(&view)
	}
	return view
}

// evalDetails say what each type of policy decides.
type evalDetails = map[string]types.PolicyEvaluationDecisionType

// addResources adds the results of the single resources.
func (r *result) addResources(view *types.EvaluationResult) {
	view.EvalResourceName = aws.String(resourceTemplate(r.decisions[0].Request.Action, r.decisions[0].Request.Resource))
	for _, d := range r.decisions {
		one := types.ResourceSpecificResult{
			EvalResourceName:     aws.String(d.Request.Resource),
			EvalResourceDecision: decision(d.Verdict),
			MatchedStatements:    d.statements,
			MissingContextValues: append([]string{}, d.absent...),
		}
		// Within an account the details of the whole are empty and those of a
		// resource left out; a denial by an SCP has neither (API page
		// "EvaluationResult").
		if d.Layer != enforce.SCPLayer {
			if view.EvalDecisionDetails == nil {
				view.EvalDecisionDetails = evalDetails{}
			}
			if d.Request.CrossAccount() {
				one.EvalDecisionDetails = evalDetails{}
			}
		}
		for _, l := range d.Layers() {
			if l.Layer == enforce.BoundaryLayer {
				one.PermissionsBoundaryDecisionDetail = &types.PermissionsBoundaryDecisionDetail{
					AllowedByPermissionsBoundary: l.Verdict == enforce.Allowed,
				}
			}
			if key := detail(l.Layer); key != "" && one.EvalDecisionDetails != nil {
				one.EvalDecisionDetails[key] = decision(l.Verdict)
				worst := l.Verdict
				if before, seen := view.EvalDecisionDetails[key]; seen {
					worst = stricter(worst, verdictOf(before))
				}
				view.EvalDecisionDetails[key] = decision(worst)
			}
		}
		view.ResourceSpecificResults = append(view.ResourceSpecificResults, one)
	}
}

// detail is the key of a layer in the details of a decision across accounts.
func detail(l enforce.Layer) string {
	switch l {
	case enforce.IdentityLayer:
		return identityDetail
	case enforce.ResourceLayer, enforce.TrustLayer:
		return resourceDetail
	case enforce.BoundaryLayer:
		return boundaryDetail
	}
	return ""
}

func verdictOf(d types.PolicyEvaluationDecisionType) enforce.Verdict {
	for _, v := range []enforce.Verdict{enforce.Allowed, enforce.ExplicitDeny} {
		if decision(v) == d {
			return v
		}
	}
	return enforce.ImplicitDeny
}

// resourceTemplate is the form of the ARNs of a type that the action takes, "*"
// where it takes none.
func resourceTemplate(action, arn string) string {
	a, ok := catalog.Find(action)
	if !ok || len(a.Resources) == 0 {
		return "*"
	}
	for _, r := range a.Resources {
		if r.Match(arn) {
			return r.ARNs[0]
		}
	}
	return a.Resources[0].ARNs[0]
}

// statementViews make the views of statements, each once.
type statementViews struct {
	sources map[*enforce.Policy]policySource
	of      map[*enforce.Statement]types.Statement
	listed  int
}

// list returns the statements that decided, with their places.
func (v *statementViews) list(d *enforce.Decision) []types.Statement {
	views := []types.Statement{}
	for _, s := range d.Matched() {
		view, ok := v.of[s]
		if !ok {
			source := v.sources[s.Policy()]
			start, end := places(s)
			view = types.Statement{
				SourcePolicyId: aws.String(source.id), SourcePolicyType: source.kind,
				StartPosition: start, EndPosition: end,
			}
			v.of[s] = view
		}
		views = append(views, view)
	}
	v.listed += len(views)
	return views
}

// A statementPlace tells statements apart.
type statementPlace struct {
	policy string
	start  types.Position
}

func placeOf(s types.Statement) statementPlace {
	return statementPlace{*s.SourcePolicyId, *s.StartPosition}
}

// appendNew appends those items that were not seen before.
func appendNew[T any, K comparable](list, items []T, seen map[K]bool, key func(T) K) []T {
	for _, item := range items {
		if k := key(item); !seen[k] {
			seen[k] = true
			list = append(list, item)
		}
	}
	return list
}

// places returns where a statement begins and ends as the simulator counts: from
// where its reader stood before the statement (after the bracket of the list, or
// after the statement before it; within the brace of a statement that is no
// list) to the column after its last character.
func places(s *enforce.Statement) (start, end *types.Position) {
	doc := s.Policy().Document()
	from, to := s.Span()
	switch before := strings.TrimRight(doc[:from], " \t\r\n"); before[len(before)-1] {
	case ':':
		from++
	case ',':
		from = len(strings.TrimRight(before[:len(before)-1], " \t\r\n"))
	default:
		from = len(before)
	}
	return place(doc, from), place(doc, to)
}

// place turns an offset into line and column, both from 1.
func place(doc string, offset int) *types.Position {
	before := doc[:offset]
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &types.Position{Line: int32(1 + strings.Count(before, "\n")), Column: int32(column)}
}
