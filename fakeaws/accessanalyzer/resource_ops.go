package accessanalyzer

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) resourceOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getAnalyzedResource),
		fakeaws.Bind(s.listAnalyzedResources),
		fakeaws.Bind(s.startResourceScan),
	}
}

// of returns the active and archived findings of a resource, and the status of the resource:
// active with one that is. Without any it is empty.
func (a *analyzer) of(arn string) (all []*finding, status types.FindingStatus) {
	for _, x := range a.findings {
		if x.resource != arn || x.status == types.FindingStatusResolved {
			continue
		}
		all = append(all, x)
		if status != types.FindingStatusActive {
			status = x.status
		}
	}
	return all, status
}

func (s *Fake) getAnalyzedResource(call *fakeaws.Call, in *aa.GetAnalyzedResourceInput) (*fakeaws.Plan[*aa.GetAnalyzedResourceOutput], error) {
	return onExternal(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.GetAnalyzedResourceOutput, error) {
		r := a.analyzed[*in.ResourceArn]
		if r == nil {
			return nil, notFound("RESOURCE", *in.ResourceArn, textNoResource)
		}
		out := &types.AnalyzedResource{
			ResourceArn: aws.String(r.arn), ResourceType: r.kind, ResourceOwnerAccount: aws.String(r.account),
			CreatedAt: aws.Time(r.created), UpdatedAt: aws.Time(r.updated), AnalyzedAt: aws.Time(r.at), IsPublic: aws.Bool(false),
		}
		var found []*finding
		found, out.Status = a.of(r.arn)
		actions, sources := make(map[string]bool), make(map[string]bool)
		for _, x := range found {
			*out.IsPublic = *out.IsPublic || x.public
			if x.failure != "" {
				out.Error = x.failed()
			}
			for _, action := range x.actions {
				actions[action] = true
			}
			for _, source := range x.sources {
				sources[string(source)] = true
			}
		}
		out.Actions, out.SharedVia = slices.Sorted(maps.Keys(actions)), slices.Sorted(maps.Keys(sources))
		return &aa.GetAnalyzedResourceOutput{Resource: out}, nil
	})
}

func (s *Fake) listAnalyzedResources(call *fakeaws.Call, in *aa.ListAnalyzedResourcesInput) (*fakeaws.Plan[*aa.ListAnalyzedResourcesOutput], error) {
	return onExternal(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.ListAnalyzedResourcesOutput, error) {
		var all []*analyzed
		for _, r := range a.analyzed {
			if in.ResourceType == "" || in.ResourceType == r.kind {
				all = append(all, r)
			}
		}
		slices.SortFunc(all, func(x, y *analyzed) int { return strings.Compare(x.arn, y.arn) })
		p, err := listed(all, in.NextToken, in.MaxResults, func(r *analyzed) string { return r.arn }, func(r *analyzed) types.AnalyzedResourceSummary {
			return types.AnalyzedResourceSummary{ResourceArn: aws.String(r.arn), ResourceType: r.kind, ResourceOwnerAccount: aws.String(r.account)}
		})
		return &aa.ListAnalyzedResourcesOutput{AnalyzedResources: p.Items, NextToken: p.Next}, err
	})
}

// startResourceScan looks at the World at once.
func (s *Fake) startResourceScan(call *fakeaws.Call, in *aa.StartResourceScanInput) (*fakeaws.Plan[*aa.StartResourceScanOutput], error) {
	return onExternal(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.StartResourceScanOutput, error) {
		if a.analyzed[*in.ResourceArn] == nil {
			return nil, notFound("RESOURCE", *in.ResourceArn, textNoResource)
		}
		return &aa.StartResourceScanOutput{}, nil
	})
}

// A tally counts the findings of an analyzer by their status.
type tally struct{ active, archived, resolved int32 }

func (t *tally) add(x *finding) {
	switch x.status {
	case types.FindingStatusActive:
		t.active++
	case types.FindingStatusArchived:
		t.archived++
	case types.FindingStatusResolved:
		t.resolved++
	}
}

func (s *Fake) getFindingsStatistics(call *fakeaws.Call, in *aa.GetFindingsStatisticsInput) (*fakeaws.Plan[*aa.GetFindingsStatisticsOutput], error) {
	return onFindings(s, call, in, in.AnalyzerArn, func(a *analyzer) (*aa.GetFindingsStatisticsOutput, error) {
		out := &aa.GetFindingsStatisticsOutput{LastUpdatedAt: aws.Time(s.now())}
		if a.unused() {
			out.FindingsStatistics = append(out.FindingsStatistics, &types.FindingsStatisticsMemberUnusedAccessFindingsStatistics{Value: a.unusedStatistics()})
		} else {
			out.FindingsStatistics = append(out.FindingsStatistics, &types.FindingsStatisticsMemberExternalAccessFindingsStatistics{Value: a.externalStatistics()})
		}
		return out, nil
	})
}

func (a *analyzer) externalStatistics() types.ExternalAccessFindingsStatistics {
	var all tally
	byType := make(map[string]types.ResourceTypeDetails)
	for _, x := range a.findings {
		all.add(x)
		if x.status != types.FindingStatusActive {
			continue
		}
		d, ok := byType[string(x.resourceType)]
		if !ok {
			d = types.ResourceTypeDetails{TotalActiveCrossAccount: aws.Int32(0), TotalActivePublic: aws.Int32(0), TotalActiveErrors: aws.Int32(0)}
			byType[string(x.resourceType)] = d
		}
		switch {
		case x.failure != "":
			*d.TotalActiveErrors++
		case x.public:
			*d.TotalActivePublic++
		default:
			*d.TotalActiveCrossAccount++
		}
	}
	return types.ExternalAccessFindingsStatistics{
		TotalActiveFindings: &all.active, TotalArchivedFindings: &all.archived, TotalResolvedFindings: &all.resolved, ResourceTypeStatistics: byType,
	}
}

// maxTopAccounts is how many accounts statistics have ("UnusedAccessFindingsStatistics").
const maxTopAccounts = 10

func (a *analyzer) unusedStatistics() types.UnusedAccessFindingsStatistics {
	var all tally
	kinds := make(map[types.FindingType]int32)
	accounts := make(map[string]map[string]int32)
	for _, x := range a.findings {
		all.add(x)
		if x.status != types.FindingStatusActive {
			continue
		}
		kinds[x.kind]++
		if accounts[x.account] == nil {
			accounts[x.account] = make(map[string]int32)
		}
		accounts[x.account][string(x.kind)]++
	}
	out := types.UnusedAccessFindingsStatistics{TotalActiveFindings: &all.active, TotalArchivedFindings: &all.archived, TotalResolvedFindings: &all.resolved}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		out.UnusedAccessTypeStatistics = append(out.UnusedAccessTypeStatistics, types.UnusedAccessTypeStatistics{UnusedAccessType: aws.String(string(kind)), Total: aws.Int32(kinds[kind])})
	}
	if !a.ofOrganization() {
		return out
	}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		d := types.FindingAggregationAccountDetails{Account: aws.String(account), Details: accounts[account], NumberOfActiveFindings: aws.Int32(0)}
		for _, n := range accounts[account] {
			*d.NumberOfActiveFindings += n
		}
		out.TopAccounts = append(out.TopAccounts, d)
	}
	slices.SortStableFunc(out.TopAccounts, func(x, y types.FindingAggregationAccountDetails) int {
		return cmp.Compare(*y.NumberOfActiveFindings, *x.NumberOfActiveFindings)
	})
	out.TopAccounts = out.TopAccounts[:min(len(out.TopAccounts), maxTopAccounts)]
	return out
}
