package accessanalyzer

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) previewOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAccessPreview),
		fakeaws.Bind(s.getAccessPreview),
		fakeaws.Bind(s.listAccessPreviewFindings),
		fakeaws.Bind(s.listAccessPreviews),
	}
}

// maxPreviews is how many access previews an analyzer keeps: AWS keeps them for a day, in which
// as many can be made each hour ("IAM Access Analyzer quotas").
const maxPreviews = 1000

// createAccessPreview makes a preview at once; AWS takes some minutes.
func (s *Fake) createAccessPreview(call *fakeaws.Call, in *aa.CreateAccessPreviewInput) (*fakeaws.Plan[*aa.CreateAccessPreviewOutput], error) {
	id, a, need, err := s.look(call, in, byARN, in.AnalyzerArn, "")
	if err != nil {
		return nil, err
	}
	p, err := propose(in.Configurations)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*aa.CreateAccessPreviewOutput]{Needs: []fakeaws.Need{need}, Do: func() (*aa.CreateAccessPreviewOutput, error) {
		if err := s.stillThere(a, id, call); err != nil {
			return nil, err
		}
		if a.unused() {
			return nil, invalidf(textNotOfType, a.kind)
		}
		z := s.zoneOf(a)
		if err := p.check(z, call.Region); err != nil {
			return nil, err
		}
		if err := s.scan(call, a); err != nil {
			return nil, err
		}
		r, ok := p.resource(call, s, z, a.id.account)
		var would []*access
		if ok {
			if would, err = p.look(call, r); err != nil {
				return nil, err
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := a.exists(id); err != nil {
			return nil, err
		}
		if len(a.previews) >= maxPreviews {
			return nil, tooMany("ACCESS_PREVIEW", "access previews")
		}
		made := &preview{id: s.world.IDs().UUID(), created: s.now(), configurations: in.Configurations, failed: !ok}
		if ok {
			made.findings = s.compare(r, would, a.findings)
		}
		a.previews[made.id] = made
		return &aa.CreateAccessPreviewOutput{Id: aws.String(made.id)}, nil
	}}, nil
}

func (p *preview) status() (types.AccessPreviewStatus, *types.AccessPreviewStatusReason) {
	if p.failed {
		return types.AccessPreviewStatusFailed, &types.AccessPreviewStatusReason{Code: types.AccessPreviewStatusReasonCodeInvalidConfiguration}
	}
	return types.AccessPreviewStatusCompleted, nil
}

// onPreview plans an operation on an access preview.
func onPreview[O any](s *Fake, call *fakeaws.Call, in any, arn, id *string, do func(*analyzer, *preview) (O, error)) (*fakeaws.Plan[O], error) {
	return onAnalyzer(s, call, in, byARN, arn, func(a *analyzer) (none O, err error) {
		p := a.previews[aws.ToString(id)]
		if p == nil {
			return none, notFound("ACCESS_PREVIEW", aws.ToString(id), textNoPreview)
		}
		return do(a, p)
	})
}

func (s *Fake) getAccessPreview(call *fakeaws.Call, in *aa.GetAccessPreviewInput) (*fakeaws.Plan[*aa.GetAccessPreviewOutput], error) {
	return onPreview(s, call, in, in.AnalyzerArn, in.AccessPreviewId, func(a *analyzer, p *preview) (*aa.GetAccessPreviewOutput, error) {
		out := &types.AccessPreview{AnalyzerArn: aws.String(a.id.arn()), Id: aws.String(p.id), CreatedAt: aws.Time(p.created), Configurations: p.configurations}
		out.Status, out.StatusReason = p.status()
		return &aa.GetAccessPreviewOutput{AccessPreview: out}, nil
	})
}

func (s *Fake) listAccessPreviews(call *fakeaws.Call, in *aa.ListAccessPreviewsInput) (*fakeaws.Plan[*aa.ListAccessPreviewsOutput], error) {
	return onAnalyzer(s, call, in, byARN, in.AnalyzerArn, func(a *analyzer) (*aa.ListAccessPreviewsOutput, error) {
		var all []*preview
		for _, p := range a.previews {
			all = append(all, p)
		}
		slices.SortFunc(all, func(x, y *preview) int { return strings.Compare(x.id, y.id) })
		p, err := listed(all, in.NextToken, in.MaxResults, func(p *preview) string { return p.id }, func(p *preview) types.AccessPreviewSummary {
			sum := types.AccessPreviewSummary{AnalyzerArn: aws.String(a.id.arn()), Id: aws.String(p.id), CreatedAt: aws.Time(p.created)}
			sum.Status, sum.StatusReason = p.status()
			return sum
		})
		return &aa.ListAccessPreviewsOutput{AccessPreviews: p.Items, NextToken: p.Next}, err
	})
}

func (s *Fake) listAccessPreviewFindings(call *fakeaws.Call, in *aa.ListAccessPreviewFindingsInput) (*fakeaws.Plan[*aa.ListAccessPreviewFindingsOutput], error) {
	if err := checkFilter(in.Filter); err != nil {
		return nil, err
	}
	return onPreview(s, call, in, in.AnalyzerArn, in.AccessPreviewId, func(_ *analyzer, p *preview) (*aa.ListAccessPreviewFindingsOutput, error) {
		after, ok := page.After(in.NextToken)
		if !ok {
			return nil, invalid(textToken)
		}
		var meant []types.AccessPreviewFinding
		for _, f := range p.findings {
			x := &finding{id: *f.Id, kind: types.FindingTypeExternalAccess, status: f.Status, resource: *f.Resource, resourceType: f.ResourceType, account: *f.ResourceOwnerAccount,
				access: access{principal: f.Principal, condition: f.Condition, public: *f.IsPublic, restriction: f.ResourceControlPolicyRestriction, failure: aws.ToString(f.Error)}}
			if filter(in.Filter).admits(x) {
				meant = append(meant, f)
			}
		}
		out := page.Of(page.Numbered(meant), after, min(max(page.Size(in.MaxResults, maxListed), 1), maxAsked), page.All[types.AccessPreviewFinding])
		return &aa.ListAccessPreviewFindingsOutput{Findings: out.Items, NextToken: out.Next}, nil
	})
}
