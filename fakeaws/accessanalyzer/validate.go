package accessanalyzer

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/accessanalyzer/internal/validation"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) validateOps() []fakeaws.Op { return []fakeaws.Op{fakeaws.Bind(s.validatePolicy)} }

// validatePolicy validates a document. The texts are in English whatever the locale.
func (s *Fake) validatePolicy(call *fakeaws.Call, in *aa.ValidatePolicyInput) (*fakeaws.Plan[*aa.ValidatePolicyOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if in.ValidatePolicyResourceType != "" && in.PolicyType != types.PolicyTypeResourcePolicy {
		return nil, invalidf(textResourceType, in.ValidatePolicyResourceType)
	}
	if len(*in.PolicyDocument) > enforce.MaxDocument {
		return nil, invalid(textLong)
	}
	after, ok := page.After(in.NextToken)
	if !ok {
		return nil, invalid(textToken)
	}
	return &fakeaws.Plan[*aa.ValidatePolicyOutput]{Needs: onAccount(call), Do: func() (*aa.ValidatePolicyOutput, error) {
		found, err := validation.Validate(call, *in.PolicyDocument, string(in.PolicyType), string(in.ValidatePolicyResourceType))
		if err != nil {
			return nil, err
		}
		p := page.Of(page.Numbered(found), after, min(max(page.Size(in.MaxResults, maxListed), 1), maxAsked), page.Every(showValidation))
		return &aa.ValidatePolicyOutput{Findings: p.Items, NextToken: p.Next}, nil
	}}, nil
}

func showValidation(f validation.Finding) types.ValidatePolicyFinding {
	out := types.ValidatePolicyFinding{
		IssueCode: aws.String(f.Code), FindingType: types.ValidatePolicyFindingType(f.Type), FindingDetails: aws.String(f.Details),
		LearnMoreLink: aws.String(validation.Link(f.Code)), Locations: []types.Location{},
	}
	for _, p := range f.Places {
		path := []types.PathElement{}
		for _, step := range p.Path {
			path = append(path, element(step))
		}
		out.Locations = append(out.Locations, types.Location{Path: path, Span: &types.Span{Start: position(p.Start), End: position(p.End)}})
	}
	return out
}

func element(step validation.Step) types.PathElement {
	switch step.Kind {
	case validation.Index:
		return &types.PathElementMemberIndex{Value: int32(step.Index)} //nolint:gosec // documents are shorter
	case validation.Key:
		return &types.PathElementMemberKey{Value: step.Name}
	}
	return &types.PathElementMemberValue{Value: step.Name}
}

func position(p validation.Position) *types.Position {
	return &types.Position{Line: aws.Int32(int32(p.Line)), Column: aws.Int32(int32(p.Column)), Offset: aws.Int32(int32(p.Offset))} //nolint:gosec // documents are shorter
}
