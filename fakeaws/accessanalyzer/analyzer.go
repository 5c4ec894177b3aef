package accessanalyzer

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An analyzerID names an analyzer.
type analyzerID struct{ account, region, name string }

func (id analyzerID) arn() string {
	return fakeaws.ARN("access-analyzer", id.region, id.account, "analyzer/"+id.name)
}

// parseARN reads the ARN of an analyzer, or of one of its archive rules.
func parseARN(text string) (analyzerID, bool) {
	a, err := awsarn.Parse(text)
	if err != nil {
		return analyzerID{}, false
	}
	name, ok := strings.CutPrefix(a.Resource, "analyzer/")
	name, _, _ = strings.Cut(name, "/")
	return analyzerID{a.AccountID, a.Region, name}, ok && a.Service == "access-analyzer" && name != ""
}

// An analyzer is one analyzer with what it has found.
type analyzer struct {
	id      analyzerID
	kind    types.Type
	created time.Time
	token   string // of the call that made it
	tags    map[string]string
	gone    bool

	// age is how many days something is not used before that is a finding. Analysis leaves out
	// what its rule excludes; nil is no rule.
	age      int32
	analysis *types.AnalysisRule

	rules    map[string]*rule
	findings map[string]*finding // by their keys
	analyzed map[string]*analyzed
	previews map[string]*preview // by id
	// last is the resource that was analyzed latest, and when.
	last   string
	lastAt time.Time
}

func (a *analyzer) unused() bool {
	return a.kind == types.TypeAccountUnusedAccess || a.kind == types.TypeOrganizationUnusedAccess
}

func (a *analyzer) ofOrganization() bool { return ofOrganization(a.kind) }

func ofOrganization(kind types.Type) bool { return strings.HasPrefix(string(kind), "ORGANIZATION") }

// need is one permission on an analyzer, which is there or not, or on a resource of it. The
// lock is held.
func (s *Fake) need(action string, id analyzerID, resource string) (*analyzer, fakeaws.Need) {
	a := s.analyzers[id]
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: id.account}
	if a != nil && resource == id.arn() { // archive rules have no tags
		for key, value := range a.tags {
			need.Context.Set("aws:ResourceTag/"+key, value)
		}
	}
	return a, need
}

func (a *analyzer) exists(id analyzerID) error {
	if a == nil || a.gone {
		return notFound("ANALYZER", id.name, textNoAnalyzer)
	}
	return nil
}

// named is the analyzer of a name in the caller's account and region.
func named(call *fakeaws.Call, name *string) (analyzerID, error) {
	return analyzerID{call.Account, call.Region, aws.ToString(name)}, nil
}

// byARN is the analyzer of an ARN. One of another region is not there.
func byARN(_ *fakeaws.Call, arn *string) (analyzerID, error) {
	id, ok := parseARN(aws.ToString(arn))
	if !ok || id.arn() != *arn { // that of an archive rule is none
		return id, notFound("ANALYZER", aws.ToString(arn), textNoAnalyzer)
	}
	return id, nil
}

// actionOf is the permission of an operation: the second versions have those of the first.
func actionOf(operation string) string {
	return "access-analyzer:" + strings.TrimSuffix(operation, "V2")
}

// onAnalyzer plans an operation on one analyzer, which is found by its name or its ARN.
func onAnalyzer[O any](s *Fake, call *fakeaws.Call, in any, find func(*fakeaws.Call, *string) (analyzerID, error), what *string, do func(*analyzer) (O, error), keys ...func(*enforce.Context)) (*fakeaws.Plan[O], error) {
	return onPart(s, call, in, find, what, "", do, keys...)
}

// onPart is onAnalyzer for a resource that is part of it: "/archive-rule/name".
func onPart[O any](s *Fake, call *fakeaws.Call, in any, find func(*fakeaws.Call, *string) (analyzerID, error), what *string, part string, do func(*analyzer) (O, error), keys ...func(*enforce.Context)) (*fakeaws.Plan[O], error) {
	id, a, need, err := s.look(call, in, find, what, part)
	if err != nil {
		return nil, err
	}
	for _, set := range keys {
		set(&need.Context)
	}
	return planned(s, []fakeaws.Need{need}, func() (none O, err error) {
		if err := a.existsIn(id, call); err != nil {
			return none, err
		}
		return do(a)
	}), nil
}

// look checks the input of an operation on an analyzer, and finds it.
func (s *Fake) look(call *fakeaws.Call, in any, find func(*fakeaws.Call, *string) (analyzerID, error), what *string, part string) (analyzerID, *analyzer, fakeaws.Need, error) {
	if err := check(in); err != nil {
		return analyzerID{}, nil, fakeaws.Need{}, err
	}
	id, err := find(call, what)
	if err != nil {
		return id, nil, fakeaws.Need{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, need := s.need(actionOf(call.Operation), id, id.arn()+part)
	return id, a, need, nil
}

// existsIn is exists for the region in which it is asked.
func (a *analyzer) existsIn(id analyzerID, call *fakeaws.Call) error {
	if id.region != call.Region {
		return notFound("ANALYZER", id.name, textNoAnalyzer)
	}
	return a.exists(id)
}

// stillThere is existsIn for who does not hold the lock.
func (s *Fake) stillThere(a *analyzer, id analyzerID, call *fakeaws.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.existsIn(id, call)
}

// status is whether the analyzer works, and why not: one of an organization does while its
// account administers it.
func (s *Fake) status(a *analyzer) (types.AnalyzerStatus, *types.StatusReason) {
	disabled := func(why types.ReasonCode) (types.AnalyzerStatus, *types.StatusReason) {
		return types.AnalyzerStatusDisabled, &types.StatusReason{Code: why}
	}
	if !a.ofOrganization() {
		return types.AnalyzerStatusActive, nil
	}
	switch m := s.world.Membership(a.id.account); {
	case m == nil:
		return disabled(types.ReasonCodeOrganizationDeleted)
	case !m.Trusts(serviceName):
		return disabled(types.ReasonCodeAwsServiceAccessDisabled)
	case !m.Administers(a.id.account, serviceName):
		return disabled(types.ReasonCodeDelegatedAdministratorDeregistered)
	}
	return types.AnalyzerStatusActive, nil
}

// accounts are those whose resources the analyzer looks at.
func (s *Fake) accounts(a *analyzer) []string {
	if !a.ofOrganization() {
		return []string{a.id.account}
	}
	var all []string
	for _, account := range s.world.Accounts() {
		if s.world.SameOrganization(a.id.account, account.ID) {
			all = append(all, account.ID)
		}
	}
	return all
}

func (s *Fake) summary(a *analyzer) types.AnalyzerSummary {
	sum := types.AnalyzerSummary{
		Arn: aws.String(a.id.arn()), Name: aws.String(a.id.name), Type: a.kind, CreatedAt: aws.Time(a.created),
		Tags: maps.Clone(a.tags), Configuration: a.configuration(),
	}
	sum.Status, sum.StatusReason = s.status(a)
	if a.last != "" {
		sum.LastResourceAnalyzed, sum.LastResourceAnalyzedAt = aws.String(a.last), aws.Time(a.lastAt)
	}
	return sum
}

// configuration is that of an analyzer of unused access; others have none.
func (a *analyzer) configuration() types.AnalyzerConfiguration {
	if !a.unused() {
		return nil
	}
	c := &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(a.age)}}
	c.Value.AnalysisRule = a.analysis
	return c
}

// defaultAge is how many days without use are a finding where a configuration does not say so
// ("CreateAnalyzer" of the API reference).
const defaultAge = 90

// configure reads the configuration of an analyzer.
func (a *analyzer) configure(c types.AnalyzerConfiguration) error {
	a.age = defaultAge
	switch c := c.(type) {
	case nil:
		return nil
	case *types.AnalyzerConfigurationMemberUnusedAccess:
		if !a.unused() {
			return invalidf(textConfiguration, a.kind)
		}
		if age := c.Value.UnusedAccessAge; age != nil {
			if a.age = *age; a.age < 1 || a.age > 365 {
				return invalid(textAge)
			}
		}
		return a.exclude(c.Value.AnalysisRule)
	default:
		return invalidf(textConfiguration, a.kind)
	}
}

// exclude takes an analysis rule.
func (a *analyzer) exclude(rule *types.AnalysisRule) error {
	a.analysis = rule
	if rule == nil {
		return nil
	}
	for _, x := range rule.Exclusions {
		if len(x.AccountIds) > 0 && !a.ofOrganization() {
			return invalidf(textConfiguration, a.kind) // they "can only be applied […] for organization-level analyzers"
		}
	}
	return nil
}

// excludes reports whether the analysis rule leaves something out.
func (a *analyzer) excludes(account string, tags []fakeaws.Tag) bool {
	if a.analysis == nil {
		return false
	}
	has := func(key, value string) bool { return slices.Contains(tags, fakeaws.Tag{Key: key, Value: value}) }
	return slices.ContainsFunc(a.analysis.Exclusions, func(x types.AnalysisRuleCriteria) bool {
		if len(x.AccountIds)+len(x.ResourceTags) == 0 || len(x.AccountIds) > 0 && !slices.Contains(x.AccountIds, account) {
			return false
		}
		return len(x.ResourceTags) == 0 || slices.ContainsFunc(x.ResourceTags, func(all map[string]string) bool {
			for key, value := range all {
				if !has(key, value) {
					return false
				}
			}
			return len(all) > 0
		})
	})
}
