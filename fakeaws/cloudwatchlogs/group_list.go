package cloudwatchlogs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) groupListOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.describeLogGroups),
		fakeaws.Bind(s.listLogGroups),
	}
}

// pageSize is how many items a list has at most, also when none is asked for.
const pageSize = 50

// after reads the token of a page.
func after(token *string) (string, error) {
	key, ok := page.After(token)
	if !ok {
		return "", invalidParameter(textToken)
	}
	return key, nil
}

// describeLogGroups lists log groups. It is about the groups of no name, as its denials show
// ("on resource: arn:aws:logs:us-east-1:111122223333:log-group::log-stream:").
func (s *Fake) describeLogGroups(call *fakeaws.Call, in *awslogs.DescribeLogGroupsInput) (*fakeaws.Plan[*awslogs.DescribeLogGroupsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	switch {
	case err != nil:
		return nil, err
	case in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil:
		return nil, invalidParameter(textPrefixAndPattern)
	}
	ids := make(map[groupID]bool, len(in.LogGroupIdentifiers))
	for _, identifier := range in.LogGroupIdentifiers {
		id, err := identify(call, identifier)
		if err != nil {
			return nil, err
		}
		ids[id] = true
	}
	need := fakeaws.Need{Action: "logs:DescribeLogGroups", Resource: groupID{call.Account, call.Region, ""}.whole(), ResourceAccount: call.Account}
	prefix, pattern := aws.ToString(in.LogGroupNamePrefix), strings.ToLower(aws.ToString(in.LogGroupNamePattern))
	keep := func(g *group) bool {
		return strings.HasPrefix(g.id.name, prefix) && (pattern == "" || strings.Contains(strings.ToLower(g.id.name), pattern)) &&
			(in.LogGroupClass == "" || g.class == in.LogGroupClass) && (len(ids) == 0 || ids[g.id])
	}
	return &fakeaws.Plan[*awslogs.DescribeLogGroupsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awslogs.DescribeLogGroupsOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		accounts, err := s.accounts(call, in.IncludeLinkedAccounts, in.AccountIdentifiers)
		if err != nil {
			return nil, err
		}
		p := page.Of(s.groups(call, accounts, prefix), from, page.Size(in.Limit, pageSize), func(g *group) (types.LogGroup, bool) {
			if !keep(g) {
				return types.LogGroup{}, false
			}
			return s.describe(g, pattern != ""), true
		})
		return &awslogs.DescribeLogGroupsOutput{LogGroups: p.Items, NextToken: p.Next}, call.Err()
	}}, nil
}

// accounts are those whose groups a call lists: the caller's, and with linked ones those that
// it monitors. The lock is held.
func (s *Fake) accounts(call *fakeaws.Call, linked *bool, only []string) ([]string, error) {
	if !aws.ToBool(linked) {
		if len(only) > 0 {
			return nil, invalidParameter(textNoLinks)
		}
		return []string{call.Account}, nil
	}
	accounts := []string{call.Account}
	for l := range s.links {
		if l.monitoring == call.Account && l.region == call.Region {
			accounts = append(accounts, l.source)
		}
	}
	if len(only) > 0 {
		accounts = slices.DeleteFunc(accounts, func(account string) bool { return !slices.Contains(only, account) })
	}
	return accounts, nil
}

// groups lists the groups of accounts by their names, and those of the same name by account.
// The lock is held.
func (s *Fake) groups(call *fakeaws.Call, accounts []string, prefix string) page.Ascender[*group] {
	if len(accounts) == 1 {
		return page.Prefixed(s.at(place{accounts[0], call.Region}).groups.Ascend, prefix)
	}
	type keyed struct {
		key string
		g   *group
	}
	var all []keyed
	for _, account := range accounts {
		s.at(place{account, call.Region}).groups.Scan(func(name string, g *group) bool {
			all = append(all, keyed{name + " " + account, g}) // no name has a space
			return true
		})
	}
	slices.SortFunc(all, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	sorted := page.Sorted(all, func(k keyed) string { return k.key })
	return func(from string, visit func(string, *group) bool) {
		sorted(from, func(key string, k keyed) bool { return visit(key, k.g) })
	}
}

// describe is a log group as answers have it. Those to a pattern lack what is not indexed. The
// lock is held.
func (s *Fake) describe(g *group, indexed bool) types.LogGroup {
	g.expire(s.now())
	out := types.LogGroup{
		Arn: aws.String(g.id.arn() + ":*"), LogGroupArn: aws.String(g.id.arn()), LogGroupName: aws.String(g.id.name), LogGroupClass: g.class,
		CreationTime: aws.Int64(g.created.UnixMilli()), MetricFilterCount: aws.Int32(int32(g.metrics.Len())),
	}
	if g.key != "" {
		out.KmsKeyId = &g.key
	}
	if g.retention != 0 {
		out.RetentionInDays = aws.Int32(g.retention)
	}
	if !indexed {
		out.StoredBytes, out.DeletionProtectionEnabled = aws.Int64(g.stored), aws.Bool(g.protected)
	}
	return out
}

// listLogGroups lists log groups by expressions of their names: "^" is the beginning, and "|"
// stands between alternatives.
func (s *Fake) listLogGroups(call *fakeaws.Call, in *awslogs.ListLogGroupsInput) (*fakeaws.Plan[*awslogs.ListLogGroupsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if len(in.DataSources) > 0 || len(in.FieldIndexNames) > 0 {
		return nil, notImplemented("ListLogGroups with dataSources or fieldIndexNames")
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	name, err := regexp.Compile(aws.ToString(in.LogGroupNamePattern)) // check has looked at it
	if err != nil {
		return nil, invalidParameter(err.Error())
	}
	keep := func(g *group) bool {
		return name.MatchString(g.id.name) && (in.LogGroupClass == "" || g.class == in.LogGroupClass) &&
			!slices.ContainsFunc(in.LogGroupTags, func(f types.TagFilter) bool { return !hasTag(g.tags, f) })
	}
	return onAccount(s, call, in, func() (*awslogs.ListLogGroupsOutput, error) {
		accounts, err := s.accounts(call, in.IncludeLinkedAccounts, in.AccountIdentifiers)
		if err != nil {
			return nil, err
		}
		p := page.Of(s.groups(call, accounts, ""), from, page.Size(in.Limit, pageSize), func(g *group) (types.LogGroupSummary, bool) {
			return types.LogGroupSummary{LogGroupArn: aws.String(g.id.arn()), LogGroupName: aws.String(g.id.name), LogGroupClass: g.class}, keep(g)
		})
		return &awslogs.ListLogGroupsOutput{LogGroups: p.Items, NextToken: p.Next}, call.Err()
	})
}

// hasTag reports whether tags meet a filter: the key is there, and the value is one of those
// that are given, if any. "!" in front negates, and "*" is for any characters.
func hasTag(tags map[string]string, f types.TagFilter) bool {
	value, ok := tags[*f.Key]
	if len(f.Values) == 0 || !ok {
		return ok
	}
	return slices.ContainsFunc(f.Values, func(want string) bool {
		want, negated := strings.CutPrefix(want, "!")
		want, begins := strings.CutSuffix(want, "*")
		want, ends := strings.CutPrefix(want, "*")
		var is bool
		switch {
		case begins && ends:
			is = strings.Contains(value, want)
		case begins:
			is = strings.HasPrefix(value, want)
		case ends:
			is = strings.HasSuffix(value, want)
		default:
			is = value == want
		}
		return is != negated
	})
}
