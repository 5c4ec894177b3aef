package accessanalyzer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) findingOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getFinding),
		fakeaws.Bind(s.getFindingV2),
		fakeaws.Bind(s.getFindingsStatistics),
		fakeaws.Bind(s.listFindings),
		fakeaws.Bind(s.listFindingsV2),
		fakeaws.Bind(s.updateFindings),
	}
}

// onFindings plans an operation on what an analyzer has found: it looks at the World first.
func onFindings[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*analyzer) (O, error)) (*fakeaws.Plan[O], error) {
	id, a, need, err := s.look(call, in, byARN, arn, "")
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (none O, err error) {
		if err := s.stillThere(a, id, call); err != nil {
			return none, err
		}
		if err := s.scan(call, a); err != nil {
			return none, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := a.exists(id); err != nil {
			return none, err
		}
		return do(a)
	}}, nil
}

// onExternal is onFindings for operations that know findings of external access alone.
func onExternal[O any](s *Fake, call *fakeaws.Call, in any, arn *string, do func(*analyzer) (O, error)) (*fakeaws.Plan[O], error) {
	return onFindings(s, call, in, arn, func(a *analyzer) (none O, err error) {
		if a.unused() {
			return none, invalidf(textNotOfType, a.kind)
		}
		return do(a)
	})
}

// find returns the finding of an id.
func (a *analyzer) find(id *string) (*finding, error) {
	for _, x := range a.findings {
		if x.id == aws.ToString(id) {
			return x, nil
		}
	}
	return nil, notFound("FINDING", aws.ToString(id), textNoFinding)
}

func (x *finding) findingSources() (all []types.FindingSource) {
	for _, source := range x.sources {
		all = append(all, types.FindingSource{Type: source})
	}
	return all
}

func (s *Fake) getFinding(call *fakeaws.Call, in *aa.GetFindingInput) (*fakeaws.Plan[*aa.GetFindingOutput], error) {
	return onExternal(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.GetFindingOutput, error) {
		x, err := a.find(in.Id)
		if err != nil {
			return nil, err
		}
		f := types.Finding(x.summary())
		return &aa.GetFindingOutput{Finding: &f}, nil
	})
}

// failed is the error of a finding that has one.
func (x *finding) failed() *string {
	if x.failure == "" {
		return nil
	}
	return aws.String(x.failure)
}

func (x *finding) summary() types.FindingSummary {
	return types.FindingSummary{
		Error: x.failed(),
		Id:    aws.String(x.id), Status: x.status, Resource: aws.String(x.resource), ResourceType: x.resourceType, ResourceOwnerAccount: aws.String(x.account),
		CreatedAt: aws.Time(x.created), UpdatedAt: aws.Time(x.updated), AnalyzedAt: aws.Time(x.analyzed),
		Principal: maps.Clone(x.principal), Condition: maps.Clone(x.condition), Action: slices.Clone(x.actions), IsPublic: aws.Bool(x.public),
		Sources: x.findingSources(), ResourceControlPolicyRestriction: x.restriction,
	}
}

func (x *finding) summaryV2() types.FindingSummaryV2 {
	return types.FindingSummaryV2{
		Error: x.failed(),
		Id:    aws.String(x.id), Status: x.status, Resource: aws.String(x.resource), ResourceType: x.resourceType, ResourceOwnerAccount: aws.String(x.account),
		CreatedAt: aws.Time(x.created), UpdatedAt: aws.Time(x.updated), AnalyzedAt: aws.Time(x.analyzed), FindingType: x.kind,
	}
}

func (s *Fake) getFindingV2(call *fakeaws.Call, in *aa.GetFindingV2Input) (*fakeaws.Plan[*aa.GetFindingV2Output], error) {
	return onFindings(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.GetFindingV2Output, error) {
		x, err := a.find(in.Id)
		if err != nil {
			return nil, err
		}
		details := x.details
		if x.kind == types.FindingTypeExternalAccess {
			details = []types.FindingDetails{&types.FindingDetailsMemberExternalAccessDetails{Value: types.ExternalAccessDetails{
				Principal: maps.Clone(x.principal), Condition: maps.Clone(x.condition), Action: slices.Clone(x.actions), IsPublic: aws.Bool(x.public),
				Sources: x.findingSources(), ResourceControlPolicyRestriction: x.restriction,
			}}}
		}
		after, ok := page.After(in.NextToken)
		if !ok {
			return nil, invalid(textToken)
		}
		p := page.Of(page.Numbered(details), after, min(max(page.Size(in.MaxResults, maxListed), 1), maxAsked), page.All[types.FindingDetails])
		v := x.summaryV2()
		return &aa.GetFindingV2Output{
			Id: v.Id, Status: v.Status, Resource: v.Resource, ResourceType: v.ResourceType, ResourceOwnerAccount: v.ResourceOwnerAccount,
			CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, AnalyzedAt: v.AnalyzedAt, FindingType: v.FindingType, Error: v.Error,
			FindingDetails: p.Items, NextToken: p.Next,
		}, nil
	})
}

// sortKeys are the attributes by which findings can be sorted ("SortCriteria").
var sortKeys = map[string]func(x, y *finding) int{
	"id":                   func(x, y *finding) int { return cmp.Compare(x.id, y.id) },
	"resource":             func(x, y *finding) int { return cmp.Compare(x.resource, y.resource) },
	"resourceType":         func(x, y *finding) int { return cmp.Compare(x.resourceType, y.resourceType) },
	"resourceOwnerAccount": func(x, y *finding) int { return cmp.Compare(x.account, y.account) },
	"status":               func(x, y *finding) int { return cmp.Compare(x.status, y.status) },
	"findingType":          func(x, y *finding) int { return cmp.Compare(x.kind, y.kind) },
	"createdAt":            func(x, y *finding) int { return x.created.Compare(y.created) },
	"updatedAt":            func(x, y *finding) int { return x.updated.Compare(y.updated) },
	"analyzedAt":           func(x, y *finding) int { return x.analyzed.Compare(y.analyzed) },
}

// listFound is a page of the findings that a filter means. Without an order they are by their
// ids, so that what comes and goes between two pages neither repeats nor hides others.
func listFound[T any](a *analyzer, f filter, by *types.SortCriteria, token *string, size *int32, show func(*finding) T) (p page.Page[T], err error) {
	all := a.sorted(f)
	if by == nil || aws.ToString(by.AttributeName) == "" {
		return listed(all, token, size, func(x *finding) string { return x.id }, show)
	}
	order := sortKeys[*by.AttributeName]
	if order == nil {
		return p, invalidf(textSort, *by.AttributeName)
	}
	slices.SortStableFunc(all, func(x, y *finding) int {
		if by.OrderBy == types.OrderByDesc {
			return order(y, x)
		}
		return order(x, y)
	})
	after, ok := page.After(token)
	if !ok {
		return p, invalid(textToken)
	}
	return page.Of(page.Numbered(all), after, min(max(page.Size(size, maxListed), 1), maxAsked), page.Every(show)), nil
}

func (s *Fake) listFindings(call *fakeaws.Call, in *aa.ListFindingsInput) (*fakeaws.Plan[*aa.ListFindingsOutput], error) {
	if err := checkFilter(in.Filter); err != nil {
		return nil, err
	}
	return onExternal(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.ListFindingsOutput, error) {
		p, err := listFound(a, in.Filter, in.Sort, in.NextToken, in.MaxResults, (*finding).summary)
		return &aa.ListFindingsOutput{Findings: p.Items, NextToken: p.Next}, err
	})
}

func (s *Fake) listFindingsV2(call *fakeaws.Call, in *aa.ListFindingsV2Input) (*fakeaws.Plan[*aa.ListFindingsV2Output], error) {
	if err := checkFilter(in.Filter); err != nil {
		return nil, err
	}
	return onFindings(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.ListFindingsV2Output, error) {
		p, err := listFound(a, in.Filter, in.Sort, in.NextToken, in.MaxResults, (*finding).summaryV2)
		return &aa.ListFindingsV2Output{Findings: p.Items, NextToken: p.Next}, err
	})
}

// updateFindings archives findings or takes them out of the archive: those of some ids, or all
// of a resource. What is resolved stays so.
func (s *Fake) updateFindings(call *fakeaws.Call, in *aa.UpdateFindingsInput) (*fakeaws.Plan[*aa.UpdateFindingsOutput], error) {
	if (len(in.Ids) > 0) == (in.ResourceArn != nil) {
		return nil, invalid(textNotOfUpdate)
	}
	return onFindings(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.UpdateFindingsOutput, error) {
		var meant []*finding
		for _, id := range in.Ids {
			x, err := a.find(&id)
			if err != nil {
				return nil, err
			}
			meant = append(meant, x)
		}
		for _, x := range a.findings {
			if in.ResourceArn != nil && x.resource == *in.ResourceArn {
				meant = append(meant, x)
			}
		}
		for _, x := range meant {
			if x.status != types.FindingStatusResolved {
				x.set(types.FindingStatus(in.Status), s.now())
			}
		}
		return &aa.UpdateFindingsOutput{}, nil
	})
}

// event is what the default event bus of the analyzer's account is told of a finding
// ("Monitoring AWS IAM Access Analyzer with Amazon EventBridge" of the User Guide).
func (a *analyzer) event(x *finding, now time.Time) *fakeaws.ServiceEvent {
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	detail := map[string]any{
		"version": "1.0", "id": x.id, "status": x.status, "resourceType": x.resourceType, "resource": x.resource,
		"createdAt": stamp(x.created), "analyzedAt": stamp(x.analyzed), "updatedAt": stamp(x.updated),
		"accountId": x.account, "region": a.id.region, "isDeleted": false,
	}
	kind := "Access Analyzer Finding"
	if x.kind == types.FindingTypeExternalAccess {
		detail["principal"], detail["action"], detail["condition"], detail["isPublic"] = x.principal, x.actions, x.condition, x.public
	} else {
		kind = "Unused Access Finding for IAM entities"
		detail["findingType"], detail["numberOfUnusedActions"], detail["numberOfUnusedServices"] = x.kind, x.unusedActions(), len(x.details)
	}
	text, err := json.Marshal(detail)
	if err != nil {
		panic(fmt.Sprintf("accessanalyzer: the event of a finding: %v", err))
	}
	return &fakeaws.ServiceEvent{
		Account: a.id.account, Region: a.id.region, Source: "aws.access-analyzer", DetailType: kind, Resources: []string{a.id.arn()}, Detail: text, Time: now,
	}
}

func (x *finding) unusedActions() (n int) {
	for _, d := range x.details {
		if p, ok := d.(*types.FindingDetailsMemberUnusedPermissionDetails); ok {
			n += len(p.Value.Actions)
		}
	}
	return n
}
