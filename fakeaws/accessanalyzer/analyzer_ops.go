package accessanalyzer

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) analyzerOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAnalyzer),
		fakeaws.Bind(s.deleteAnalyzer),
		fakeaws.Bind(s.getAnalyzer),
		fakeaws.Bind(s.listAnalyzers),
		fakeaws.Bind(s.updateAnalyzer),
	}
}

// quotas are how many analyzers of a type an account has in a region ("IAM Access Analyzer
// quotas").
var quotas = map[types.Type]int{
	types.TypeAccount: 1, types.TypeAccountUnusedAccess: 1, types.TypeOrganization: 5, types.TypeOrganizationUnusedAccess: 5,
}

// maxListed is how many things a call lists unless it asks for another number, and
// maxAsked how many it gets when it asks for more: unverified.
const (
	maxListed = 100
	maxAsked  = 1000
)

// listed is a page of a list that is in the order of keys.
func listed[V, T any](all []V, token *string, size *int32, key func(V) string, show func(V) T) (page.Page[T], error) {
	after, ok := page.After(token)
	if !ok {
		return page.Page[T]{}, invalid(textToken)
	}
	return page.Of(page.Sorted(all, key), after, min(max(page.Size(size, maxListed), 1), maxAsked), page.Every(show)), nil
}

func (s *Fake) createAnalyzer(call *fakeaws.Call, in *aa.CreateAnalyzerInput) (*fakeaws.Plan[*aa.CreateAnalyzerOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if strings.HasSuffix(string(in.Type), "INTERNAL_ACCESS") {
		return nil, notImplemented("analyzers of internal access are not implemented")
	}
	a, err := s.newAnalyzer(call, in)
	if err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "access-analyzer:CreateAnalyzer", Resource: a.id.arn(), ResourceAccount: call.Account}
	setRequestTags(&need.Context, in.Tags)
	return &fakeaws.Plan[*aa.CreateAnalyzerOutput]{Needs: []fakeaws.Need{need}, Do: func() (*aa.CreateAnalyzerOutput, error) {
		if err := s.admits(call, a); err != nil {
			return nil, err
		}
		if err := s.linkRole(call); err != nil {
			return nil, err
		}
		return s.addAnalyzer(a)
	}}, nil
}

// newAnalyzer reads what an analyzer is to be.
func (s *Fake) newAnalyzer(call *fakeaws.Call, in *aa.CreateAnalyzerInput) (*analyzer, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	a := &analyzer{
		id: analyzerID{call.Account, call.Region, *in.AnalyzerName}, kind: in.Type, created: s.now(), token: aws.ToString(in.ClientToken),
		tags: maps.Clone(in.Tags), rules: make(map[string]*rule), findings: make(map[string]*finding), analyzed: make(map[string]*analyzed), previews: make(map[string]*preview),
	}
	if err := a.configure(in.Configuration); err != nil {
		return nil, err
	}
	for _, r := range in.ArchiveRules {
		if err := checkFilter(r.Filter); err != nil {
			return nil, err
		}
		if err := a.addRule(aws.ToString(r.RuleName), r.Filter, s.now(), ""); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// admits refuses analyzers of organizations to those who do not administer one.
func (s *Fake) admits(call *fakeaws.Call, a *analyzer) error {
	if !a.ofOrganization() {
		return nil
	}
	switch m := s.world.Membership(call.Account); {
	case m == nil:
		return invalid(textNoOrganization)
	case !m.Administers(call.Account, serviceName):
		return invalid(textAdministrator)
	case !m.Trusts(serviceName):
		return invalid(textTrustedAccess)
	}
	return nil
}

// linkedRole is the service-linked role with which the service looks at an account.
const linkedRole = "role/aws-service-role/" + serviceName + "/AWSServiceRoleForAccessAnalyzer"

// linkRole makes the service-linked role of the account where there is none, for which the
// caller needs permission ("Using service-linked roles for AWS IAM Access Analyzer").
func (s *Fake) linkRole(call *fakeaws.Call) error {
	if _, ok := s.world.InputOf("iam", "CreateServiceLinkedRole"); !ok {
		return nil
	}
	if _, there := s.world.Directory().Role(fakeaws.ARN("iam", "", call.Account, linkedRole)); there {
		return nil
	}
	_, err := fakeaws.Do[iam.CreateServiceLinkedRoleOutput](call, s.world, call.Actor(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(serviceName)})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "AccessDenied" {
		return accessDenied(api.ErrorMessage())
	}
	return err
}

func (s *Fake) addAnalyzer(a *analyzer) (*aa.CreateAnalyzerOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &aa.CreateAnalyzerOutput{Arn: aws.String(a.id.arn())}
	if old := s.analyzers[a.id]; old != nil {
		if old.token != "" && old.token == a.token {
			return out, nil
		}
		return nil, conflict("ANALYZER", a.id.name, textExists)
	}
	count := 0
	for id, other := range s.analyzers {
		if id.account == a.id.account && id.region == a.id.region && other.kind == a.kind {
			count++
		}
	}
	if count >= quotas[a.kind] {
		return nil, tooMany("ANALYZER", "analyzers of the type "+string(a.kind))
	}
	s.analyzers[a.id] = a
	return out, nil
}

func (s *Fake) deleteAnalyzer(call *fakeaws.Call, in *aa.DeleteAnalyzerInput) (*fakeaws.Plan[*aa.DeleteAnalyzerOutput], error) {
	return onAnalyzer(s, call, in, named, in.AnalyzerName, func(a *analyzer) (*aa.DeleteAnalyzerOutput, error) {
		a.gone = true
		delete(s.analyzers, a.id)
		return &aa.DeleteAnalyzerOutput{}, nil
	})
}

func (s *Fake) getAnalyzer(call *fakeaws.Call, in *aa.GetAnalyzerInput) (*fakeaws.Plan[*aa.GetAnalyzerOutput], error) {
	return onAnalyzer(s, call, in, named, in.AnalyzerName, func(a *analyzer) (*aa.GetAnalyzerOutput, error) {
		sum := s.summary(a)
		return &aa.GetAnalyzerOutput{Analyzer: &sum}, nil
	})
}

func (s *Fake) listAnalyzers(call *fakeaws.Call, in *aa.ListAnalyzersInput) (*fakeaws.Plan[*aa.ListAnalyzersOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return planned(s, onAccount(call), func() (*aa.ListAnalyzersOutput, error) {
		var all []*analyzer
		for id, a := range s.analyzers {
			if id.account == call.Account && id.region == call.Region && (in.Type == "" || in.Type == a.kind) {
				all = append(all, a)
			}
		}
		slices.SortFunc(all, func(a, b *analyzer) int { return strings.Compare(a.id.name, b.id.name) })
		p, err := listed(all, in.NextToken, in.MaxResults, func(a *analyzer) string { return a.id.name }, s.summary)
		if err != nil {
			return nil, err
		}
		return &aa.ListAnalyzersOutput{Analyzers: p.Items, NextToken: p.Next}, nil
	}), nil
}

// updateAnalyzer changes the configuration of an analyzer. The age of what is not used stays
// as it was made ("UpdateAnalyzer" of the API reference: it "can't be updated").
func (s *Fake) updateAnalyzer(call *fakeaws.Call, in *aa.UpdateAnalyzerInput) (*fakeaws.Plan[*aa.UpdateAnalyzerOutput], error) {
	return onAnalyzer(s, call, in, named, in.AnalyzerName, func(a *analyzer) (*aa.UpdateAnalyzerOutput, error) {
		if in.Configuration == nil {
			return &aa.UpdateAnalyzerOutput{Configuration: a.configuration()}, nil
		}
		changed := analyzer{id: a.id, kind: a.kind}
		if err := changed.configure(in.Configuration); err != nil {
			return nil, err
		}
		if changed.age != a.age {
			return nil, invalid(textAgeStays)
		}
		a.analysis = changed.analysis
		return &aa.UpdateAnalyzerOutput{Configuration: a.configuration()}, nil
	})
}

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.tagResource),
		fakeaws.Bind(s.untagResource),
		fakeaws.Bind(s.listTagsForResource),
	}
}

// maxTags is how many tags an analyzer has (AWS General Reference, "Tag quotas").
const maxTags = 50

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid(textTags)
	}
	for key := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid(textTagKey)
		}
	}
	return nil
}

func setRequestTags(c *enforce.Context, tags map[string]string) {
	fakeaws.SetRequestTags(c, slices.Sorted(maps.Keys(tags)), func(key string) (string, string) { return key, tags[key] })
}

func (s *Fake) tagResource(call *fakeaws.Call, in *aa.TagResourceInput) (*fakeaws.Plan[*aa.TagResourceOutput], error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return onAnalyzer(s, call, in, byARN, in.ResourceArn, func(a *analyzer) (*aa.TagResourceOutput, error) {
		changed := fakeaws.WithTags(a.tags, in.Tags)
		if len(changed) > maxTags {
			return nil, invalid(textTags)
		}
		a.tags = changed
		return &aa.TagResourceOutput{}, nil
	}, func(c *enforce.Context) { setRequestTags(c, in.Tags) })
}

func (s *Fake) untagResource(call *fakeaws.Call, in *aa.UntagResourceInput) (*fakeaws.Plan[*aa.UntagResourceOutput], error) {
	return onAnalyzer(s, call, in, byARN, in.ResourceArn, func(a *analyzer) (*aa.UntagResourceOutput, error) {
		a.tags = fakeaws.WithoutTags(a.tags, in.TagKeys)
		return &aa.UntagResourceOutput{}, nil
	}, func(c *enforce.Context) { fakeaws.SetTagKeys(c, in.TagKeys) })
}

func (s *Fake) listTagsForResource(call *fakeaws.Call, in *aa.ListTagsForResourceInput) (*fakeaws.Plan[*aa.ListTagsForResourceOutput], error) {
	return onAnalyzer(s, call, in, byARN, in.ResourceArn, func(a *analyzer) (*aa.ListTagsForResourceOutput, error) {
		tags := maps.Clone(a.tags)
		if tags == nil {
			tags = map[string]string{}
		}
		return &aa.ListTagsForResourceOutput{Tags: tags}, nil
	})
}
