package accessanalyzer

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) ruleOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.applyArchiveRule),
		fakeaws.Bind(s.createArchiveRule),
		fakeaws.Bind(s.deleteArchiveRule),
		fakeaws.Bind(s.getArchiveRule),
		fakeaws.Bind(s.listArchiveRules),
		fakeaws.Bind(s.updateArchiveRule),
	}
}

// maxRules is how many archive rules an analyzer has ("IAM Access Analyzer quotas").
const maxRules = 100

// A rule is an archive rule: new findings that it means are archived.
type rule struct {
	name             string
	filter           filter
	created, updated time.Time
	token            string // of the call that made it
}

// addRule adds an archive rule.
func (a *analyzer) addRule(name string, f filter, now time.Time, token string) error {
	if old := a.rules[name]; old != nil {
		if old.token != "" && old.token == token {
			return nil
		}
		return conflict("ARCHIVE_RULE", name, textRuleExists)
	}
	if len(a.rules) >= maxRules {
		return tooMany("ARCHIVE_RULE", "archive rules")
	}
	a.rules[name] = &rule{name: name, filter: f, created: now, updated: now, token: token}
	return nil
}

// archives reports whether a rule means a finding.
func (a *analyzer) archives(x *finding) bool {
	for _, r := range a.rules {
		if r.filter.admits(x) {
			return true
		}
	}
	return false
}

func (r *rule) summary() types.ArchiveRuleSummary {
	return types.ArchiveRuleSummary{RuleName: aws.String(r.name), Filter: r.filter, CreatedAt: aws.Time(r.created), UpdatedAt: aws.Time(r.updated)}
}

// onRule plans an operation on an archive rule.
func onRule[O any](s *Fake, call *fakeaws.Call, in any, analyzerName, ruleName *string, do func(*analyzer, *rule) (O, error)) (*fakeaws.Plan[O], error) {
	name := aws.ToString(ruleName)
	return onPart(s, call, in, named, analyzerName, "/archive-rule/"+name, func(a *analyzer) (none O, err error) {
		r := a.rules[name]
		if r == nil {
			return none, notFound("ARCHIVE_RULE", name, textNoRule)
		}
		return do(a, r)
	})
}

func (s *Fake) createArchiveRule(call *fakeaws.Call, in *aa.CreateArchiveRuleInput) (*fakeaws.Plan[*aa.CreateArchiveRuleOutput], error) {
	if err := checkFilter(in.Filter); err != nil {
		return nil, err
	}
	return onPart(s, call, in, named, in.AnalyzerName, "/archive-rule/"+aws.ToString(in.RuleName), func(a *analyzer) (*aa.CreateArchiveRuleOutput, error) {
		return &aa.CreateArchiveRuleOutput{}, a.addRule(*in.RuleName, in.Filter, s.now(), aws.ToString(in.ClientToken))
	})
}

func (s *Fake) updateArchiveRule(call *fakeaws.Call, in *aa.UpdateArchiveRuleInput) (*fakeaws.Plan[*aa.UpdateArchiveRuleOutput], error) {
	if err := checkFilter(in.Filter); err != nil {
		return nil, err
	}
	return onRule(s, call, in, in.AnalyzerName, in.RuleName, func(a *analyzer, r *rule) (*aa.UpdateArchiveRuleOutput, error) {
		changed := *r
		changed.filter, changed.updated = in.Filter, s.now()
		a.rules[r.name] = &changed
		return &aa.UpdateArchiveRuleOutput{}, nil
	})
}

func (s *Fake) deleteArchiveRule(call *fakeaws.Call, in *aa.DeleteArchiveRuleInput) (*fakeaws.Plan[*aa.DeleteArchiveRuleOutput], error) {
	return onRule(s, call, in, in.AnalyzerName, in.RuleName, func(a *analyzer, r *rule) (*aa.DeleteArchiveRuleOutput, error) {
		delete(a.rules, r.name)
		return &aa.DeleteArchiveRuleOutput{}, nil
	})
}

func (s *Fake) getArchiveRule(call *fakeaws.Call, in *aa.GetArchiveRuleInput) (*fakeaws.Plan[*aa.GetArchiveRuleOutput], error) {
	return onRule(s, call, in, in.AnalyzerName, in.RuleName, func(_ *analyzer, r *rule) (*aa.GetArchiveRuleOutput, error) {
		sum := r.summary()
		return &aa.GetArchiveRuleOutput{ArchiveRule: &sum}, nil
	})
}

func (s *Fake) listArchiveRules(call *fakeaws.Call, in *aa.ListArchiveRulesInput) (*fakeaws.Plan[*aa.ListArchiveRulesOutput], error) {
	return onAnalyzer(s, call, in, named, in.AnalyzerName, func(a *analyzer) (*aa.ListArchiveRulesOutput, error) {
		var all []*rule
		for _, r := range a.rules {
			all = append(all, r)
		}
		slices.SortFunc(all, func(x, y *rule) int { return strings.Compare(x.name, y.name) })
		p, err := listed(all, in.NextToken, in.MaxResults, func(r *rule) string { return r.name }, (*rule).summary)
		if err != nil {
			return nil, err
		}
		return &aa.ListArchiveRulesOutput{ArchiveRules: p.Items, NextToken: p.Next}, nil
	})
}

// applyArchiveRule archives the findings that there are. It looks at the World first, as the
// operations on findings do.
func (s *Fake) applyArchiveRule(call *fakeaws.Call, in *aa.ApplyArchiveRuleInput) (*fakeaws.Plan[*aa.ApplyArchiveRuleOutput], error) {
	return onFindings(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.ApplyArchiveRuleOutput, error) {
		r := a.rules[*in.RuleName]
		if r == nil {
			return nil, notFound("ARCHIVE_RULE", *in.RuleName, textNoRule)
		}
		for _, x := range a.findings {
			if x.status == types.FindingStatusActive && r.filter.admits(x) {
				x.set(types.FindingStatusArchived, s.now())
			}
		}
		return &aa.ApplyArchiveRuleOutput{}, nil
	})
}
