package iam

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// The simulator evaluates each action on each resource. The model bounds neither list, nor
// the others: these limits are unverified. They are far above what callers send, since a
// page has 100 actions, and keep what a request can cost in proportion to its length.
const (
	maxSimulatedActions   = 1000
	maxSimulatedResources = 1000
	maxSimulatedPolicies  = 100 // of each list
	maxContextEntries     = 1000
	maxExclusions         = 100
	// maxSimulatedWork bounds what one action, and a page, costs: the bytes of the policies,
	// for each resource and, because conditions may look at all values of a key, for each
	// 64 bytes of the longest. 30 KB of policies and 100 resources are within it.
	maxSimulatedWork = 3 << 20
	// maxSimulatedStatements is how many statements the results of a page may list, each
	// as often as it has matched.
	maxSimulatedStatements = 10_000
	// maxSimulated is how many decisions a page has before it ends: "IAM might return
	// fewer results, even when there are more results available" (API page
	// "SimulateCustomPolicy").
	maxSimulated = 5000
)

// A simulationPage is a page of results.
type simulationPage struct {
	results   []types.EvaluationResult
	truncated bool
	marker    *string
}

// numbered is the marker of a result, before it is encoded.
const numbered = "%08d"

// workUnit is how many bytes of the values of a condition key count once.
const workUnit = 64

// tooLong is the front end's error about a list with too many members.
func tooLong(list string, most int) error {
	return constraint.Error(fmt.Sprintf("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", list, most))
}

// bounded refuses lists that are longer than any page needs, before anything is done
// with them.
func (q *question) bounded() error {
	policies := 0
	for _, list := range []struct {
		name        string
		length, max int
	}{
		{"actionNames", len(q.actions), maxSimulatedActions},
		{"resourceArns", len(q.resources), maxSimulatedResources},
		{"policyInputList", len(q.additional), maxSimulatedPolicies},
		{"permissionsBoundaryPolicyInputList", len(q.boundaries), maxSimulatedPolicies},
		{"orderedOrganizationPolicyInputList", len(q.organization), maxSimulatedPolicies},
		{"contextEntries", len(q.entries), maxContextEntries},
	} {
		if list.length > list.max {
			return tooLong(list.name, list.max)
		}
	}
	for _, level := range q.organization {
		if policies += len(level.ServiceControlPolicyInputList); policies > maxSimulatedPolicies {
			return tooLong("orderedOrganizationPolicyInputList", maxSimulatedPolicies)
		}
	}
	return nil
}

// work is what one action costs: see maxSimulatedWork.
func (q *question) work(set *enforce.PolicySet) int {
	size := len(aws.ToString(q.resourcePolicy))
	for _, list := range append([][]*enforce.Policy{set.Identity, {set.Boundary}}, set.SCPs...) {
		for _, p := range list {
			if p != nil {
				size += len(p.Document())
			}
		}
	}
	longest := 0
	for _, e := range q.entries {
		n := 0
		for _, v := range e.ContextKeyValues {
			n += len(v) + workUnit/4
		}
		longest = max(longest, n)
	}
	return size * max(1, len(q.resources)) * (1 + longest/workUnit)
}

// simulate answers a page of a question, one result for each action. No lock is held: all
// that is asked of the account was found before. It ends when the caller has gone.
func (q *question) simulate(ctx context.Context) (simulationPage, error) {
	none := simulationPage{}
	sim := &enforce.Simulation{Resources: q.resources, Context: simulatedContext(q.entries)}
	sources, err := q.prepare(sim)
	if err != nil {
		return none, err
	}
	if err := q.check(); err != nil {
		return none, err
	}
	work := q.work(&sim.Policies)
	if work > maxSimulatedWork {
		return none, invalidInput(simulatesTooMuch)
	}
	next, limit, err := q.start()
	if err != nil {
		return none, err
	}
	views := &statementViews{sources: sources, of: make(map[*enforce.Statement]types.Statement)}
	p := simulationPage{results: []types.EvaluationResult{}}
	for done := 0; next < len(q.actions); next++ {
		if len(p.results) == limit || done > 0 && done+len(q.resources) > maxSimulated || (len(p.results)+1)*work > maxSimulatedWork || views.listed > maxSimulatedStatements/2 {
			p.truncated = true
			p.marker = aws.String(base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(numbered, next-1))))
			break
		}
		sim.Actions = q.actions[next : next+1]
		r, err := q.decide(ctx, sim, views)
		if err != nil {
			return none, err
		}
		p.results = append(p.results, r.view())
		done += len(r.decisions)
	}
	return p, nil
}

// start is where a page begins, and how many results it may have.
func (q *question) start() (next, limit int, err error) {
	limit = defaultPage
	if q.maxItems != nil {
		limit = int(*q.maxItems)
	}
	if q.marker != nil {
		after, err := base64.RawURLEncoding.DecodeString(*q.marker)
		if err != nil {
			return 0, 0, constraint.Error(invalidMarker)
		}
		last, err := strconv.Atoi(string(after))
		if err != nil || last < 0 || last >= len(q.actions) {
			return 0, 0, constraint.Error(invalidMarker)
		}
		next = last + 1
	}
	return next, limit, nil
}

// decide decides one action on all resources.
func (q *question) decide(ctx context.Context, sim *enforce.Simulation, views *statementViews) (*result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	decisions, err := enforce.Simulate(sim)
	if err != nil {
		return nil, simulationError(err)
	}
	r := &result{decisions: make([]decided, len(decisions))}
	for i := range decisions {
		d := &decisions[i]
		if q.resourcePolicy != nil && d.Request.Resource != "*" && !d.AboutResource() {
			return nil, invalidInput(fmt.Sprintf(inapplicable, d.Request.Resource))
		}
		r.decisions[i] = decided{d, views.list(d), d.AbsentKeys()}
		if views.listed > maxSimulatedStatements {
			return nil, invalidInput(simulatesTooMuch)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return r, nil
}
