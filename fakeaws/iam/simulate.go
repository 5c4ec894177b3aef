package iam

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// simulatorOps are the operations on the policy simulator.
func (s *Fake) simulatorOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.simulateCustomPolicy),
		fakeaws.Bind(s.simulatePrincipalPolicy),
	}
}

// Texts of the policy simulator.
const (
	// The texts that users quote.
	foreignSource   = "Invalid Policy Source Arn: caller's account %s does not have access to policies in account %s"
	invalidOwner    = "'%s' is not a valid as a Resource Owner."
	invalidResource = "ResourceNames are not in a valid ARN format: %s."

	// Unverified: a name that is none of an action, or that has wildcards.
	invalidAction = "Invalid action name: %s"
	// Unverified: a resource that the resource-based policy is not about.
	inapplicable = "The resource policy is not applicable to the resource %s."
	// Unverified: a resource-based policy, and nobody whom it could name.
	needsCaller = "CallerArn is required when ResourcePolicy is specified."
	// noRoleSimulation is IAM's answer to a resource-based policy with a role as the caller,
	// as users of SimulatePrincipalPolicy quote it.
	noRoleSimulation = "Invalid caller - Caller must be an IAM user in this context."
	// Unverified: more permissions boundaries than one.
	oneBoundary = "Only one permissions boundary policy can be specified."
	// Unverified: a scenario that there is not, or that lacks a resource.
	invalidHandling = "Invalid ResourceHandlingOption: %s"
	// Unverified: more work for one action, or more of a result, than there may be.
	simulatesTooMuch = "The policies, resources and context entries are too many to simulate at once."
	missingHandled   = "ResourceHandlingOption %s requires a resource of type %s."
)

// simulationError is the simulator's answer to policies and questions that mean
// nothing. Its text is unverified.
func simulationError(err error) error {
	var doc *enforce.DocumentError
	if errors.As(err, &doc) {
		return invalidInput(doc.Message)
	}
	return invalidInput(err.Error())
}

// A question is a request to the simulator, of either operation, with what the account
// knows of it.
type question struct {
	actions, resources, boundaries []string
	caller, owner, resourcePolicy  *string
	handling, marker               *string
	maxItems                       *int32
	entries                        []types.ContextEntry
	organization                   []types.OrderedOrganizationPolicyType
	additional                     []string // permissions policies of the request
	principal                      enforce.Principal
	identity                       []sourced // permissions policies of a principal
	boundary                       *enforce.Policy
	scps                           [][]*enforce.Policy // of the principal's organization
}

// A sourced is a policy and how answers call it.
type sourced struct {
	policy *enforce.Policy
	source policySource
}

// simulateCustomPolicy decides what policies would allow that nobody has.
func (s *Fake) simulateCustomPolicy(call *fakeaws.Call, in *sdk.SimulateCustomPolicyInput) (*fakeaws.Plan[*sdk.SimulateCustomPolicyOutput], error) {
	q := &question{
		actions: in.ActionNames, resources: in.ResourceArns, boundaries: in.PermissionsBoundaryPolicyInputList,
		caller: in.CallerArn, owner: in.ResourceOwner, resourcePolicy: in.ResourcePolicy,
		handling: in.ResourceHandlingOption, marker: in.Marker, maxItems: in.MaxItems,
		entries: in.ContextEntries, organization: in.OrderedOrganizationPolicyInputList, additional: in.PolicyInputList,
	}
	if err := q.bounded(); err != nil {
		return nil, err
	}
	return planApart(s, call, in, onAccount, func(a *account) (func() (*sdk.SimulateCustomPolicyOutput, error), error) {
		if err := q.findCaller(a); err != nil {
			return nil, err
		}
		return func() (*sdk.SimulateCustomPolicyOutput, error) {
			p, err := q.simulate(call)
			return &sdk.SimulateCustomPolicyOutput{EvaluationResults: p.results, IsTruncated: p.truncated, Marker: p.marker}, err
		}, nil
	})
}

// simulatePrincipalPolicy decides what the policies of a user, group or role
// allow, with others beside them.
func (s *Fake) simulatePrincipalPolicy(call *fakeaws.Call, in *sdk.SimulatePrincipalPolicyInput) (*fakeaws.Plan[*sdk.SimulatePrincipalPolicyOutput], error) {
	q := &question{
		actions: in.ActionNames, resources: in.ResourceArns, boundaries: in.PermissionsBoundaryPolicyInputList,
		caller: in.CallerArn, owner: in.ResourceOwner, resourcePolicy: in.ResourcePolicy,
		handling: in.ResourceHandlingOption, marker: in.Marker, maxItems: in.MaxItems,
		entries: in.ContextEntries, additional: in.PolicyInputList,
	}
	if err := q.bounded(); err != nil {
		return nil, err
	}
	if n := len(in.PolicyExclusionList); n > maxExclusions {
		return nil, tooLong("policyExclusionList", maxExclusions)
	}
	return planApart(s, call, in, onSource(in.PolicySourceArn), func(e *entity) (func() (*sdk.SimulatePrincipalPolicyOutput, error), error) {
		out, err := exclusions(in.PolicyExclusionList)
		if err != nil {
			return nil, err
		}
		for _, g := range e.grants() {
			if !out.grant(g) {
				q.identity = append(q.identity, sourced{g.policy, policySource{g.sourceID(), identitySource}})
			}
		}
		if q.caller == nil {
			q.caller = &e.arn
		}
		if e.boundary != nil && !out.boundary(e.boundary) {
			q.boundary = e.boundary.current.policy
		}
		// The simulator evaluates the service control policies of the account's
		// organization, with their conditions, but no resource control policies (API
		// page "SimulatePrincipalPolicy").
		if m := s.world.Membership(e.account.id); m != nil && !e.serviceLinked() {
			q.scps = out.scps(m.SCPs)
		}
		if err := q.findCaller(e.account); err != nil {
			return nil, err
		}
		return func() (*sdk.SimulatePrincipalPolicyOutput, error) {
			p, err := q.simulate(call)
			return &sdk.SimulatePrincipalPolicyOutput{EvaluationResults: p.results, IsTruncated: p.truncated, Marker: p.marker}, err
		}, nil
	})
}

// onSource is onPrincipal for a principal whose policies are simulated, which must be
// one of the account, whatever the caller may.
func onSource(arn *string) target[*entity] {
	return func(l *lookup) (found[*entity], error) {
		if err := checkSource(l.call.Account, arn); err != nil {
			return found[*entity]{}, err
		}
		return onPrincipal(arn)(l)
	}
}

// checkSource refuses to simulate a principal of another account.
func checkSource(account string, arn *string) error {
	if owner, k, _ := principalARN(aws.ToString(arn)); k != nil && owner != account {
		return invalidInput(fmt.Sprintf(foreignSource, account, owner))
	}
	return nil
}

// prepare gives a simulation its caller and its policies, and returns the names
// of the policies that answers quote.
func (q *question) prepare(sim *enforce.Simulation) (sources map[*enforce.Policy]policySource, err error) {
	sim.Principal = q.principal
	if sim.ResourceAccount, err = simulatedOwner(q.owner); err != nil {
		return nil, err
	}
	additional, err := simulated(q.additional, enforce.IdentityPolicy)
	if err != nil {
		return nil, err
	}
	sources = make(map[*enforce.Policy]policySource)
	set := &sim.Policies
	set.Identity = []*enforce.Policy{} // nobody's policies allow nothing
	for i := range q.identity {
		set.Identity = append(set.Identity, q.identity[i].policy)
		sources[q.identity[i].policy] = q.identity[i].source
	}
	for i, p := range additional {
		set.Identity = append(set.Identity, p)
		sources[p] = policySource{fmt.Sprintf("PolicyInputList.%d", i+1), identitySource}
	}
	if set.Boundary = q.boundary; len(q.boundaries) > 1 {
		return nil, invalidInput(oneBoundary)
	}
	boundaries, err := simulated(q.boundaries, enforce.IdentityPolicy)
	if err != nil {
		return nil, err
	}
	if len(boundaries) > 0 {
		set.Boundary = boundaries[0]
	}
	set.SCPs = q.scps
	for _, level := range q.organization {
		node, err := simulated(level.ServiceControlPolicyInputList, enforce.ServiceControlPolicy)
		if err != nil {
			return nil, err
		}
		set.SCPs = append(set.SCPs, node)
	}
	if q.resourcePolicy == nil {
		set.NoResourcePolicy = true // of roles and keys too
		return sources, nil
	}
	if set.Resource, err = simulatedResource(q, &sim.Principal); err == nil {
		sources[set.Resource] = policySource{"ResourcePolicy", resourceSource}
	}
	return sources, err
}

// simulatedResource compiles the resource-based policy of a question, which
// needs a user whom it can name.
func simulatedResource(q *question, caller *enforce.Principal) (*enforce.Policy, error) {
	switch {
	case q.caller == nil:
		return nil, invalidInput(needsCaller)
	case caller.Type == enforce.AssumedRole:
		return nil, invalidInput(noRoleSimulation)
	}
	policies, err := simulated([]string{*q.resourcePolicy}, enforce.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	return policies[0], nil
}

// findCaller finds who is simulated as the caller. The lock is held.
func (q *question) findCaller(a *account) (err error) {
	q.principal, err = a.simulatedCaller(q.caller)
	return err
}

// simulatedCaller is the principal of an ARN, which need not exist. Without one
// the policies are those of some user.
func (a *account) simulatedCaller(arn *string) (enforce.Principal, error) {
	if arn == nil {
		return enforce.Principal{Type: enforce.User, Account: a.id}, nil
	}
	if owner, k, _ := principalARN(*arn); k == groupKind {
		return enforce.Principal{Type: enforce.User, ARN: *arn, Account: owner}, nil
	}
	p, err := enforce.ParsePrincipal(*arn)
	isRole := p.Type == enforce.AssumedRole && p.IssuerARN == *arn
	if err != nil || p.Type != enforce.User && !isRole {
		return p, invalidInput(invalidPrincipalARN + *arn)
	}
	if e, err := a.principal(*arn); err == nil && !isRole {
		p.UserID = e.id
	}
	return p, nil
}

// simulatedOwner is the account of a question's resources: an id, or the ARN of
// an account.
func simulatedOwner(owner *string) (string, error) {
	if owner == nil {
		return "", nil
	}
	id, ok := awsid.Account(*owner)
	if !ok {
		return "", invalidInput(fmt.Sprintf(invalidOwner, *owner))
	}
	return id, nil
}

// simulatedContext makes the context of a question's entries. A key that is a
// list is multivalued, whatever number of values it has.
func simulatedContext(entries []types.ContextEntry) enforce.Context {
	var c enforce.Context
	for _, e := range entries {
		switch {
		case e.ContextKeyName == nil:
		case strings.HasSuffix(string(e.ContextKeyType), "List") || len(e.ContextKeyValues) > 1:
			c.SetMulti(*e.ContextKeyName, e.ContextKeyValues)
		case len(e.ContextKeyValues) == 1:
			c.Set(*e.ContextKeyName, e.ContextKeyValues[0])
		}
	}
	return c
}

// handled has the types of EC2 resources that each scenario needs: API page
// "SimulateCustomPolicy".
var handled = map[string][]string{
	"EC2-VPC-InstanceStore":        {"instance", "image", "security-group", "network-interface"},
	"EC2-VPC-InstanceStore-Subnet": {"instance", "image", "security-group", "network-interface", "subnet"},
	"EC2-VPC-EBS":                  {"instance", "image", "security-group", "network-interface", "volume"},
	"EC2-VPC-EBS-Subnet":           {"instance", "image", "security-group", "network-interface", "subnet", "volume"},
}

// check refuses actions and resources that are none, and a scenario without the
// resources that it needs.
func (q *question) check() error {
	for _, action := range q.actions {
		if service, name, _ := strings.Cut(action, ":"); service == "" || name == "" || strings.ContainsAny(action, "*?") {
			return invalidInput(fmt.Sprintf(invalidAction, action))
		}
	}
	for _, arn := range q.resources {
		if arn != "*" && !validARN(arn) {
			return invalidInput(fmt.Sprintf(invalidResource, arn))
		}
	}
	if q.handling == nil {
		return nil
	}
	needed, ok := handled[*q.handling]
	if !ok {
		return invalidInput(fmt.Sprintf(invalidHandling, *q.handling))
	}
	for _, kind := range needed {
		if !slices.ContainsFunc(q.resources, func(arn string) bool {
			parsed, err := awsarn.Parse(arn)
			return err == nil && parsed.Service == "ec2" && strings.HasPrefix(parsed.Resource, kind+"/")
		}) {
			return invalidInput(fmt.Sprintf(missingHandled, *q.handling, kind))
		}
	}
	return nil
}
