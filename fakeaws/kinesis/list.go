package kinesis

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) listOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.listStreams),
		fakeaws.Bind(s.listShards),
	}
}

// How many items a call lists that asks for no number.
const (
	defaultStreams   = 100
	defaultShards    = 1000
	defaultConsumers = 100
)

// listStreams lists the streams of the caller's account.
func (s *Fake) listStreams(call *fakeaws.Call, in *awskinesis.ListStreamsInput) (*fakeaws.Plan[*awskinesis.ListStreamsOutput], error) {
	after, ok := page.After(in.NextToken)
	if !ok {
		return nil, invalidArgument(textListToken)
	}
	if in.NextToken == nil {
		after = aws.ToString(in.ExclusiveStartStreamName)
	}
	return onAccount(s, call, in, func(at place) (*awskinesis.ListStreamsOutput, error) {
		limit := page.Size(in.Limit, defaultStreams)
		out := &awskinesis.ListStreamsOutput{HasMoreStreams: aws.Bool(false), StreamNames: []string{}, StreamSummaries: []types.StreamSummary{}}
		for _, name := range s.names(at.account, at.region) {
			if name <= after && after != "" {
				continue
			}
			if len(out.StreamNames) == limit {
				out.HasMoreStreams, out.NextToken = aws.Bool(true), page.Token(out.StreamNames[limit-1])
				break
			}
			x := s.streams[streamID{at.account, at.region, name}]
			out.StreamNames = append(out.StreamNames, name)
			out.StreamSummaries = append(out.StreamSummaries, types.StreamSummary{
				StreamName: aws.String(name), StreamARN: aws.String(x.id.arn()), StreamStatus: types.StreamStatusActive,
				StreamModeDetails: &types.StreamModeDetails{StreamMode: x.mode}, StreamCreationTimestamp: timePointer(x.created),
			})
		}
		return out, nil
	})
}

// tokenLife is how long the token of a page of shards or consumers is good: "Tokens expire
// after 300 seconds."
const tokenLife = 300 * time.Second

// A listToken is where a list of a stream's shards or consumers goes on, and what it lists.
type listToken struct {
	Account, Name, After string
	Created, Issued      int64 // in milliseconds
	Filter               *types.ShardFilter
}

func (t *listToken) text() *string {
	plain, err := json.Marshal(t)
	if err != nil {
		panic("kinesis: " + err.Error()) // it has texts, numbers and times
	}
	return aws.String(base64.StdEncoding.EncodeToString(plain))
}

// readToken reads a token; an error says that it is none, or too old.
func (s *Fake) readToken(text string) (*listToken, error) {
	plain, err := base64.StdEncoding.DecodeString(text)
	t := new(listToken)
	if err != nil || json.Unmarshal(plain, t) != nil || !isName(t.Name) {
		return nil, invalidArgument(textListToken)
	}
	if s.now().Sub(time.UnixMilli(t.Issued)) > tokenLife {
		return nil, &types.ExpiredNextTokenException{Message: aws.String(textListExpired)}
	}
	return t, nil
}

// listShards lists the shards of a stream that have not expired.
func (s *Fake) listShards(call *fakeaws.Call, in *awskinesis.ListShardsInput) (*fakeaws.Plan[*awskinesis.ListShardsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	t, r, err := s.shardList(call, in)
	if err != nil {
		return nil, err
	}
	if err := checkFilter(t.Filter); err != nil {
		return nil, err
	}
	return onStream(s, call, in, r, func(x *stream) (*awskinesis.ListShardsOutput, error) {
		if t.Created != 0 && t.Created != x.created.UnixMilli() {
			return nil, x.id.notFound()
		}
		limit, out := page.Size(in.MaxResults, defaultShards), &awskinesis.ListShardsOutput{Shards: []types.Shard{}}
		now := s.now()
		for _, h := range x.shards {
			if h.id() <= t.After || !h.matches(t.Filter, now.Add(-x.retention)) {
				continue
			}
			if len(out.Shards) == limit {
				next := listToken{
					Account: x.id.account, Name: x.id.name, After: *out.Shards[limit-1].ShardId,
					Created: x.created.UnixMilli(), Issued: now.UnixMilli(), Filter: t.Filter,
				}
				out.NextToken = next.text()
				break
			}
			out.Shards = append(out.Shards, x.show(h))
		}
		return out, nil
	})
}

// shardList reads what a call lists: a stream, or how a token goes on.
func (s *Fake) shardList(call *fakeaws.Call, in *awskinesis.ListShardsInput) (*listToken, ref, error) {
	named := in.StreamName != nil || in.StreamCreationTimestamp != nil || in.ExclusiveStartShardId != nil
	switch {
	case in.NextToken != nil && named:
		return nil, ref{}, invalidArgument(textTokenAndName)
	case in.NextToken == nil && in.StreamName == nil && in.StreamARN == nil:
		return nil, ref{}, invalidArgument(textNoListName)
	case in.NextToken == nil:
		t := &listToken{After: aws.ToString(in.ExclusiveStartShardId), Filter: in.ShardFilter}
		if in.StreamCreationTimestamp != nil {
			t.Created = in.StreamCreationTimestamp.UnixMilli()
		}
		return t, ref{in.StreamName, in.StreamARN, in.StreamId}, nil
	}
	t, err := s.readToken(*in.NextToken)
	if err != nil {
		return nil, ref{}, err
	}
	arn := streamID{t.Account, call.Region, t.Name}.arn()
	if in.StreamARN != nil && *in.StreamARN != arn {
		return nil, ref{}, invalidArgument(textListToken)
	}
	return t, ref{nil, &arn, in.StreamId}, nil
}

// checkFilter refuses filters with members that do not belong to their type.
func checkFilter(f *types.ShardFilter) error {
	if f == nil {
		return nil
	}
	timed := f.Type == types.ShardFilterTypeAtTimestamp || f.Type == types.ShardFilterTypeFromTimestamp
	switch {
	case (f.Type == types.ShardFilterTypeAfterShardId) != (f.ShardId != nil):
		return invalidArgument(textFilter, "ShardId belongs to AFTER_SHARD_ID")
	case timed != (f.Timestamp != nil):
		return invalidArgument(textFilter, "Timestamp belongs to AT_TIMESTAMP and FROM_TIMESTAMP")
	}
	return nil
}

// matches reports whether a filter lets a shard through. The horizon is the time of the
// oldest records that there can be.
func (h *shard) matches(f *types.ShardFilter, horizon time.Time) bool {
	if f == nil {
		return true
	}
	openAt := func(t time.Time) bool { return !h.opened.After(t) && (h.isOpen() || !h.closed.Before(t)) }
	switch f.Type {
	case types.ShardFilterTypeAfterShardId:
		return h.id() > *f.ShardId
	case types.ShardFilterTypeAtLatest:
		return h.isOpen()
	case types.ShardFilterTypeAtTrimHorizon:
		// A stream that is younger than its retention period began with its first shards.
		return openAt(horizon) || len(h.parents) == 0
	case types.ShardFilterTypeAtTimestamp:
		return openAt(*f.Timestamp)
	case types.ShardFilterTypeFromTimestamp:
		return h.isOpen() || !h.closed.Before(*f.Timestamp)
	}
	return true // FROM_TRIM_HORIZON: all that there are
}
