package cloudwatchlogs

import (
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/pattern"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) metricFilterOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putMetricFilter),
		fakeaws.Bind(s.deleteMetricFilter),
		fakeaws.Bind(s.describeMetricFilters),
		fakeaws.Bind(s.testMetricFilter),
	}
}

// A metricFilter is stored, and says what it matches. There is no CloudWatch here that would
// have its metrics.
type metricFilter struct {
	name            string
	pattern         *pattern.Pattern
	created         time.Time
	transformations []types.MetricTransformation
	transformed     bool
	selection       *string
	systemFields    []string
}

// The quotas of filters: "Metric filters: 100 per log group", "a maximum of 5 filter patterns
// containing regex for each log group", and "You can assign up to three dimensions to a
// metric".
const (
	maxMetricFilters = 100
	maxRegexFilters  = 5
	maxDimensions    = 3
)

func (s *Fake) putMetricFilter(call *fakeaws.Call, in *awslogs.PutMetricFilterInput) (*fakeaws.Plan[*awslogs.PutMetricFilterOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	p, err := parsePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	t := in.MetricTransformations[0]
	if len(t.Dimensions) > maxDimensions || len(t.Dimensions) > 0 && t.DefaultValue != nil {
		return nil, invalidParameter(textDimensions)
	}
	t.Dimensions = maps.Clone(t.Dimensions)
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.PutMetricFilterOutput, error) {
		if g.class != types.LogGroupClassStandard {
			return nil, invalidOperation(textInvalidOperation)
		}
		old, there := g.metrics.Get(*in.FilterName)
		if !there && g.metrics.Len() >= maxMetricFilters || p.HasRegex() && g.regexes(old, nil) >= maxRegexFilters {
			return nil, limitExceeded()
		}
		f := &metricFilter{
			name: *in.FilterName, pattern: p, created: s.now(), transformations: []types.MetricTransformation{t},
			transformed: in.ApplyOnTransformedLogs, selection: in.FieldSelectionCriteria, systemFields: append([]string(nil), in.EmitSystemFieldDimensions...),
		}
		g.metrics.Set(f.name, f)
		return &awslogs.PutMetricFilterOutput{}, nil
	}), nil
}

// regexes is how many filters have regular expressions, without two.
func (g *group) regexes(metric *metricFilter, other *subscription) (n int) {
	g.metrics.Scan(func(_ string, f *metricFilter) bool {
		if f != metric && f.pattern.HasRegex() {
			n++
		}
		return true
	})
	g.filters.Scan(func(_ string, f *subscription) bool {
		if f != other && f.pattern.HasRegex() {
			n++
		}
		return true
	})
	return n
}

func (s *Fake) deleteMetricFilter(call *fakeaws.Call, in *awslogs.DeleteMetricFilterInput) (*fakeaws.Plan[*awslogs.DeleteMetricFilterOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.DeleteMetricFilterOutput, error) {
		if _, ok := g.metrics.Delete(*in.FilterName); !ok {
			return nil, notFound(textNoMetricFilter)
		}
		return &awslogs.DeleteMetricFilterOutput{}, nil
	}), nil
}

// describeMetricFilters lists the filters of a log group, or of all. Without a group the
// permission is on the groups of no name, as that of DescribeLogGroups: unverified.
func (s *Fake) describeMetricFilters(call *fakeaws.Call, in *awslogs.DescribeMetricFiltersInput) (*fakeaws.Plan[*awslogs.DescribeMetricFiltersOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if (in.MetricName == nil) != (in.MetricNamespace == nil) {
		return nil, invalidParameter(textMetricNames)
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	keep := func(f *metricFilter) bool {
		t := f.transformations[0]
		return strings.HasPrefix(f.name, aws.ToString(in.FilterNamePrefix)) &&
			(in.MetricName == nil || *in.MetricName == *t.MetricName && *in.MetricNamespace == *t.MetricNamespace)
	}
	list := func(all page.Ascender[metricFilterOf]) *awslogs.DescribeMetricFiltersOutput {
		p := page.Of(all, from, page.Size(in.Limit, pageSize), func(f metricFilterOf) (types.MetricFilter, bool) {
			return f.describe(), keep(f.metricFilter)
		})
		return &awslogs.DescribeMetricFiltersOutput{MetricFilters: p.Items, NextToken: p.Next}
	}
	if in.LogGroupName != nil {
		return onGroup(s, call, named(call, in.LogGroupName), func(g *group) (*awslogs.DescribeMetricFiltersOutput, error) {
			return list(page.Sorted(g.metricFilters(nil), metricFilterOf.key)), nil
		}), nil
	}
	need := fakeaws.Need{Action: "logs:DescribeMetricFilters", Resource: groupID{call.Account, call.Region, ""}.whole(), ResourceAccount: call.Account}
	return &fakeaws.Plan[*awslogs.DescribeMetricFiltersOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awslogs.DescribeMetricFiltersOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var all []metricFilterOf
		s.at(placeOf(call)).groups.Scan(func(_ string, g *group) bool {
			all = g.metricFilters(all)
			return true
		})
		return list(page.Sorted(all, metricFilterOf.key)), nil
	}}, nil
}

// A metricFilterOf is a metric filter of a log group.
type metricFilterOf struct {
	*metricFilter
	group string
}

// key orders filters as groups and their filters are.
func (f metricFilterOf) key() string { return f.group + "\x00" + f.name }

func (g *group) metricFilters(all []metricFilterOf) []metricFilterOf {
	g.metrics.Scan(func(_ string, f *metricFilter) bool {
		all = append(all, metricFilterOf{f, g.id.name})
		return true
	})
	return all
}

func (f metricFilterOf) describe() types.MetricFilter {
	return types.MetricFilter{
		FilterName: &f.name, FilterPattern: aws.String(f.pattern.Text()), LogGroupName: &f.group, CreationTime: aws.Int64(f.created.UnixMilli()),
		MetricTransformations: f.transformations, ApplyOnTransformedLogs: f.transformed, FieldSelectionCriteria: f.selection, EmitSystemFieldDimensions: f.systemFields,
	}
}

// testMetricFilter says which of some messages a pattern matches, counted from 1, and what it
// takes out of them.
func (s *Fake) testMetricFilter(call *fakeaws.Call, in *awslogs.TestMetricFilterInput) (*fakeaws.Plan[*awslogs.TestMetricFilterOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	p, err := parsePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslogs.TestMetricFilterOutput]{Needs: []fakeaws.Need{anywhere(call, "logs:TestMetricFilter")}, Do: func() (*awslogs.TestMetricFilterOutput, error) {
		out := &awslogs.TestMetricFilterOutput{Matches: []types.MetricFilterMatchRecord{}}
		for i, message := range in.LogEventMessages {
			if p.Match(message) {
				values := shown(p.Extract(message))
				out.Matches = append(out.Matches, types.MetricFilterMatchRecord{EventNumber: int64(i + 1), EventMessage: aws.String(message), ExtractedValues: values})
			}
		}
		return out, call.Err()
	}}, nil
}
