package cloudwatchlogs

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/insights"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) queryOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.startQuery),
		fakeaws.Bind(s.stopQuery),
		fakeaws.Bind(s.getQueryResults),
		fakeaws.Bind(s.describeQueries),
		fakeaws.Bind(s.getLogRecord),
	}
}

// A query is one that was started. It is complete at once.
type query struct {
	id      string
	groups  []groupID
	text    string
	created time.Time
	rows    [][]insights.Field
	matched int
	scanned int
	bytes   int64
}

const (
	// maxQueryGroups is "you can specify up to 50 log groups".
	maxQueryGroups = 50
	// queryAge is for how long results are kept: "Query results are available for 7 days".
	queryAge = 7 * 24 * time.Hour
	// maxQueries is how many queries a Region keeps; the oldest go. The bound of AWS is
	// unverified.
	maxQueries = 1000
	// maxQueryRows bounds the rows that all of them keep.
	maxQueryRows = 100_000
)

// startQuery queries log groups. The results are those of the events that there are now.
func (s *Fake) startQuery(call *fakeaws.Call, in *awslogs.StartQueryInput) (*fakeaws.Plan[*awslogs.StartQueryOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ids, err := queried(call, in)
	if err != nil {
		return nil, err
	}
	parsed, err := parseQuery(in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	plan := &fakeaws.Plan[*awslogs.StartQueryOutput]{}
	for _, id := range ids {
		plan.Needs = append(plan.Needs, s.need(call, "logs:StartQuery", id, id.whole()))
	}
	plan.Do = func() (*awslogs.StartQueryOutput, error) {
		for _, id := range ids {
			s.mu.Lock()
			g := s.find(id)
			s.mu.Unlock()
			if err := s.useKey(call, id, s.keyOf(g), kmsDecrypt); err != nil {
				return nil, err
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		q, err := s.run(call, ids, parsed, in)
		if err != nil {
			return nil, err
		}
		return &awslogs.StartQueryOutput{QueryId: &q.id}, nil
	}
	return plan, nil
}

// queried are the log groups of a query, each once.
func queried(call *fakeaws.Call, in *awslogs.StartQueryInput) (ids []groupID, err error) {
	given := 0
	for _, is := range []bool{in.LogGroupName != nil, len(in.LogGroupNames) > 0, len(in.LogGroupIdentifiers) > 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, invalidParameter(textQueryGroups)
	case *in.EndTime < *in.StartTime:
		return nil, invalidParameter(textQueryRange)
	}
	if in.LogGroupName != nil {
		ids = []groupID{named(call, in.LogGroupName)}
	}
	for _, name := range in.LogGroupNames {
		ids = append(ids, groupID{call.Account, call.Region, name})
	}
	for _, identifier := range in.LogGroupIdentifiers {
		id, err := identify(call, identifier)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) > maxQueryGroups {
		return nil, limitExceeded()
	}
	slices.SortFunc(ids, func(a, b groupID) int { return strings.Compare(a.arn(), b.arn()) })
	return slices.Compact(ids), nil
}

func parseQuery(in *awslogs.StartQueryInput) (*insights.Query, error) {
	if in.QueryLanguage != "" && in.QueryLanguage != types.QueryLanguageCwli {
		return nil, notImplemented("the query language " + string(in.QueryLanguage))
	}
	parsed, err := insights.Parse(*in.QueryString)
	if err == nil {
		return parsed, nil
	}
	var missing *insights.UnsupportedError
	if errors.As(err, &missing) {
		return nil, notImplemented(missing.Error())
	}
	malformed := &types.MalformedQueryException{Message: aws.String(err.Error())}
	var wrong *insights.SyntaxError
	if errors.As(err, &wrong) {
		malformed.QueryCompileError = &types.QueryCompileError{
			Message: aws.String(err.Error()), Location: &types.QueryCompileErrorLocation{StartCharOffset: aws.Int32(int32(wrong.Start)), EndCharOffset: aws.Int32(int32(wrong.End))},
		}
	}
	return nil, malformed
}

// run answers a query. The times of it are seconds, both of which are inside. The lock is held.
func (s *Fake) run(call *fakeaws.Call, ids []groupID, parsed *insights.Query, in *awslogs.StartQueryInput) (*query, error) {
	q := &query{id: s.world.IDs().UUID(), groups: ids, created: s.now()}
	begin, end := *in.StartTime*1000, *in.EndTime*1000+999
	var records []insights.Record
	for _, id := range ids {
		g := s.find(id)
		if g == nil {
			return nil, notFound(fmt.Sprintf(textNoGroupOfAccount, id.name, id.account, call.RequestID))
		}
		q.text += `SOURCE "` + id.name + `" `
		x := search{}
		if err := s.begin(&x, g, &awslogs.FilterLogEventsInput{StartTime: &begin, EndTime: &end}); err != nil {
			return nil, err
		}
		for len(x.streams) > 0 {
			name, e := x.next()
			q.bytes += e.size()
			records = append(records, insights.Record{
				Message: e.message, Stream: name, Log: id.account + ":" + id.name, Pointer: pointer(id, name, e.position), At: e.at, Ingested: e.ingested,
			})
			if err := call.Err(); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(records, func(a, b insights.Record) int { return int(max(-1, min(1, a.At-b.At))) })
	q.text += fmt.Sprintf("START=%d END=%d | %s", begin, end, *in.QueryString)
	q.scanned = len(records)
	rows, err := parsed.Run(records, int(aws.ToInt32(in.Limit)), call.Err)
	if err != nil {
		return nil, err
	}
	q.rows, q.matched = rows.Rows, rows.Matched
	s.keep(s.shelf(placeOf(call)), q)
	return q, nil
}

// keep stores a query, and forgets those that are too old or too many.
func (s *Fake) keep(there *shelf, q *query) {
	there.queries = append(there.queries, q)
	rows := 0
	for _, one := range there.queries {
		rows += len(one.rows)
	}
	for len(there.queries) > 1 {
		oldest := there.queries[0]
		if len(there.queries) <= maxQueries && rows <= maxQueryRows && s.now().Sub(oldest.created) <= queryAge {
			return
		}
		rows -= len(oldest.rows)
		there.queries[0] = nil
		there.queries = there.queries[1:]
	}
}

// findQuery finds a query of the caller's; nil when there is none. The lock is held.
func (s *Fake) findQuery(call *fakeaws.Call, id string) *query {
	all := s.at(placeOf(call)).queries
	i := slices.IndexFunc(all, func(q *query) bool { return q.id == id })
	if i < 0 || s.now().Sub(all[i].created) > queryAge {
		return nil
	}
	return all[i]
}

// getQueryResults returns the rows of a query. Its permission is on the log groups of the
// query; that on none where there is no such query is unverified.
func (s *Fake) getQueryResults(call *fakeaws.Call, in *awslogs.GetQueryResultsInput) (*fakeaws.Plan[*awslogs.GetQueryResultsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.findQuery(call, *in.QueryId)
	plan := &fakeaws.Plan[*awslogs.GetQueryResultsOutput]{}
	if q == nil {
		plan.Needs = []fakeaws.Need{anywhere(call, "logs:GetQueryResults")}
		plan.Do = func() (*awslogs.GetQueryResultsOutput, error) { return nil, notFound(textNoQuery) }
		return plan, nil
	}
	for _, id := range q.groups {
		plan.Needs = append(plan.Needs, s.need(call, "logs:GetQueryResults", id, id.whole()))
	}
	plan.Do = func() (*awslogs.GetQueryResultsOutput, error) {
		size := len(q.rows)
		if n := int(aws.ToInt32(in.MaxItems)); n > 0 {
			size = n
		}
		p := page.Of(page.Numbered(q.rows), from, max(size, 1), page.Every(resultRow))
		return &awslogs.GetQueryResultsOutput{
			QueryLanguage: types.QueryLanguageCwli, Status: types.QueryStatusComplete, Results: p.Items, NextToken: p.Next,
			Statistics: &types.QueryStatistics{
				RecordsMatched: float64(q.matched), RecordsScanned: float64(q.scanned), BytesScanned: float64(q.bytes), LogGroupsScanned: float64(len(q.groups)),
			},
		}, nil
	}
	return plan, nil
}

func resultRow(row []insights.Field) []types.ResultField {
	out := make([]types.ResultField, len(row))
	for i, f := range row {
		out[i] = types.ResultField{Field: aws.String(f.Name), Value: aws.String(f.Value)}
	}
	return out
}

// stopQuery ends a query, which is complete here. That AWS's answer to a complete one is an
// error is documented; its text is unverified.
func (s *Fake) stopQuery(call *fakeaws.Call, in *awslogs.StopQueryInput) (*fakeaws.Plan[*awslogs.StopQueryOutput], error) {
	return onAccount(s, call, in, func() (*awslogs.StopQueryOutput, error) {
		if s.findQuery(call, *in.QueryId) == nil {
			return nil, notFound(textNoQuery)
		}
		return nil, invalidParameter("The query is not running.")
	})
}

func (s *Fake) describeQueries(call *fakeaws.Call, in *awslogs.DescribeQueriesInput) (*fakeaws.Plan[*awslogs.DescribeQueriesOutput], error) {
	from, err := after(in.NextToken)
	if err != nil {
		return nil, err
	}
	return onAccount(s, call, in, func() (*awslogs.DescribeQueriesOutput, error) {
		latest := slices.Clone(s.at(placeOf(call)).queries)
		slices.Reverse(latest)
		p := page.Of(page.Numbered(latest), from, page.Size(in.MaxResults, pageSize), func(q *query) (types.QueryInfo, bool) {
			keep := s.now().Sub(q.created) <= queryAge && (in.Status == "" || in.Status == types.QueryStatusComplete) &&
				(in.QueryLanguage == "" || in.QueryLanguage == types.QueryLanguageCwli) &&
				(in.LogGroupName == nil || slices.ContainsFunc(q.groups, func(id groupID) bool { return id.name == *in.LogGroupName }))
			return types.QueryInfo{
				QueryId: &q.id, QueryString: aws.String(q.text), CreateTime: aws.Int64(q.created.UnixMilli()), Status: types.QueryStatusComplete,
				LogGroupName: aws.String(q.groups[0].name), QueryLanguage: types.QueryLanguageCwli,
			}, keep
		})
		return &awslogs.DescribeQueriesOutput{Queries: p.Items, NextToken: p.Next}, nil
	})
}

// pointer is the value of @ptr, which names an event.
func pointer(id groupID, stream string, p position) string {
	return base64.StdEncoding.EncodeToString([]byte(id.stream(stream) + "\x00" + p.id()))
}

// getLogRecord returns the fields of the event that a pointer names.
func (s *Fake) getLogRecord(call *fakeaws.Call, in *awslogs.GetLogRecordInput) (*fakeaws.Plan[*awslogs.GetLogRecordOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	text, err := base64.StdEncoding.DecodeString(*in.LogRecordPointer)
	arn, eventID, _ := strings.Cut(string(text), "\x00")
	id, stream, ok := parseARN(arn)
	at, valid := parseID(eventID)
	if err != nil || !ok || !valid {
		return nil, invalidParameter(textToken)
	}
	plan := onGroup(s, call, id, func(g *group) (*awslogs.GetLogRecordOutput, error) {
		x, _ := g.streams.Get(stream)
		if x == nil {
			return nil, notFound(textNoStream)
		}
		g.expireOf(x, s.now())
		i := from(x.events, at)
		if i == len(x.events) || x.events[i].position != at {
			return nil, notFound("The specified log record does not exist.")
		}
		record := insights.Record{Message: x.events[i].message, Stream: stream, Log: id.account + ":" + id.name, Pointer: *in.LogRecordPointer, At: at.at, Ingested: x.events[i].ingested}
		return &awslogs.GetLogRecordOutput{LogRecord: record.Fields()}, nil
	})
	plan.Needs = append(plan.Needs, s.unmasking(call, id, in.Unmask)...)
	return encrypted(s, call, id, plan, kmsDecrypt), nil
}
