package cloudwatchlogs

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A stored is a policy document with principals, as it was written.
type stored struct {
	document string
	// bound is the policy with the principals that it names.
	bound *fakeaws.ResourcePolicy
	// unbound says that the policy names a principal that does not exist. CloudWatch Logs
	// takes it, and its recorded answers have such policies; that such a policy then grants
	// nothing is unverified.
	unbound *enforce.Policy
	updated time.Time
}

// An accountPolicy is a resource policy of an account in a region: all log groups have it.
type accountPolicy struct{ stored }

// A scopedPolicy is the resource policy of one log group.
type scopedPolicy struct {
	stored
	revision string
}

// inForce is the policy as it counts now.
func (p *stored) inForce() *enforce.Policy {
	if p.unbound != nil {
		return p.unbound.Denials()
	}
	return p.bound.Policy()
}

// parsePolicy reads a policy document.
func (s *Fake) parsePolicy(call *fakeaws.Call, document, name string) (stored, error) {
	source := call.PolicySource
	if source.Name == "" {
		source.Name = name
	}
	policy, err := enforce.Parse(document, enforce.ResourcePolicy, source)
	if err != nil {
		if arns, changed := withARNs(document); changed {
			policy, err = enforce.Parse(arns, enforce.ResourcePolicy, source)
		}
	}
	if err != nil {
		var problem *enforce.DocumentError
		if errors.As(err, &problem) {
			call.Help(problem.Error())
		}
		return stored{}, invalidParameter(textPolicy)
	}
	p := stored{document: document, updated: s.now()}
	if p.bound, err = s.world.Bind(policy); err != nil {
		call.Help(err.Error())
		p.unbound = policy
	}
	call.Stores(policy)
	return p, nil
}

// noResource takes the place of a resource that is no ARN and names nothing. CloudWatch Logs
// takes such policies, as its recorded answers have them.
const noResource = "arn:aws:logs:::nothing"

// withARNs returns a policy document with ARNs in place of what is none, and whether there was
// anything of the kind.
func withARNs(document string) (text string, changed bool) {
	var d map[string]any
	if json.Unmarshal([]byte(document), &d) != nil {
		return "", false
	}
	arn := func(value any) any {
		if s, ok := value.(string); ok && s != "*" && !strings.HasPrefix(s, "arn:") {
			changed = true
			return noResource
		}
		return value
	}
	statements, ok := d["Statement"].([]any)
	if !ok {
		statements = []any{d["Statement"]}
	}
	for _, one := range statements {
		statement, _ := one.(map[string]any)
		for _, element := range []string{"Resource", "NotResource"} {
			switch value := statement[element].(type) {
			case string:
				statement[element] = arn(value)
			case []any:
				for i := range value {
					value[i] = arn(value[i])
				}
			}
		}
	}
	written, err := json.Marshal(d)
	return string(written), changed && err == nil
}

// guarding is what of the resource policies guards a log group. Those of the account are for
// services of AWS ("Creates or updates a resource policy allowing other AWS services to put log
// events to this account"): that they grant nothing to users and roles is unverified. The
// lock is held.
func (s *Fake) guarding(call *fakeaws.Call, id groupID, g *group, action string) *enforce.Policy {
	var all []*enforce.Policy
	there := s.at(id.place())
	for _, name := range there.policyNames() {
		p := there.policies[name].inForce()
		if call.Caller.Type != enforce.Service {
			p = p.Denials()
		}
		all = append(all, p)
	}
	if g != nil && g.policy != nil {
		all = append(all, g.policy.inForce())
	}
	if s.links[link{call.Account, id.account, id.region}] && slices.Contains(linkedActions, action) {
		all = append(all, linkPolicy(call.Account, id))
	}
	if len(all) == 0 {
		return noPolicy
	}
	return enforce.Join(enforce.ResourcePolicy, all...)
}

// linkedActions are those that a monitoring account may perform on the log groups of its
// source accounts ("CloudWatch cross-account observability": it searches, visualises and
// queries).
var linkedActions = []string{
	"logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogGroupFields", "logs:GetLogRecord",
	"logs:GetQueryResults", "logs:StartLiveTail", "logs:StartQuery",
}

// linkPolicy is a link as a policy of the log groups of its source account.
func linkPolicy(monitoring string, id groupID) *enforce.Policy {
	grant := enforce.StatementElements{
		Effect: enforce.Text{Value: "Allow"}, Principal: enforce.Principals("AWS", fakeaws.ARN("iam", "", monitoring, "root")),
		Action: enforce.Texts(linkedActions...), Resource: enforce.Texts(fakeaws.ARN(serviceName, id.region, id.account, "*")),
	}
	p, err := enforce.Build(&enforce.Document{Version: enforce.Text{Value: "2012-10-17"}, Statements: []enforce.StatementElements{grant}}, enforce.ResourcePolicy, enforce.Source{Name: "link", Implied: true})
	if err != nil {
		panic("cloudwatchlogs: " + err.Error()) // the document is that above
	}
	return p
}

// Link has a monitoring account read the log groups of a source account in a region, as links
// of CloudWatch Observability Access Manager do, of which there is no fake.
func (s *Fake) Link(monitoring, source, region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[link{monitoring, source, region}] = true
}

// describe is a policy as answers have it.
func (p *accountPolicy) describe(name string) types.ResourcePolicy {
	return types.ResourcePolicy{
		PolicyName: &name, PolicyDocument: aws.String(p.document), LastUpdatedTime: aws.Int64(p.updated.UnixMilli()), PolicyScope: types.PolicyScopeAccount,
	}
}

func (p *scopedPolicy) describe(id groupID) types.ResourcePolicy {
	return types.ResourcePolicy{
		PolicyDocument: aws.String(p.document), LastUpdatedTime: aws.Int64(p.updated.UnixMilli()), PolicyScope: types.PolicyScopeResource,
		ResourceArn: aws.String(id.arn()), RevisionId: aws.String(p.revision),
	}
}
