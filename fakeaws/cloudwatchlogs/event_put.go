package cloudwatchlogs

import (
	"cmp"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) eventOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putLogEvents),
		fakeaws.Bind(s.getLogEvents),
		fakeaws.Bind(s.filterLogEvents),
	}
}

// The bounds of a batch (API reference, PutLogEvents). The number of events is in the service
// model.
const (
	maxBatch = 1 << 20
	maxSpan  = 24 * time.Hour
	maxAge   = 14 * 24 * time.Hour
	maxAhead = 2 * time.Hour
)

// putLogEvents stores a batch of events. What is too old or too new of it is left out, and the
// answer says so.
func (s *Fake) putLogEvents(call *fakeaws.Call, in *awslogs.PutLogEventsInput) (*fakeaws.Plan[*awslogs.PutLogEventsOutput], error) {
	id, checked := named(call, in.LogGroupName), *in
	err := cmp.Or(checkNames(&id.name, in.LogStreamName), check(withName(&checked, &checked.LogGroupName, id)))
	if err == nil {
		err = checkBatch(in.LogEvents)
	}
	if err != nil {
		return nil, err
	}
	plan := onStream(s, call, id, *in.LogStreamName, func(g *group, x *stream) (*awslogs.PutLogEventsOutput, error) {
		switch {
		case x == nil:
			return nil, notFound(textNoStream)
		case g.class == types.LogGroupClassDelivery && call.Caller.Service == "":
			return nil, invalidParameter(textClass)
		}
		now := s.now()
		kept, rejected := g.admit(in.LogEvents, now)
		s.store(g, x, kept, now)
		return &awslogs.PutLogEventsOutput{NextSequenceToken: aws.String(x.token()), RejectedLogEventsInfo: rejected}, nil
	})
	return encrypted(s, call, id, plan, kmsGenerate), nil
}

// encrypted has a plan fail, once it is allowed, whose log group has a key that CloudWatch
// Logs may not use.
func encrypted[O any](s *Fake, call *fakeaws.Call, id groupID, plan *fakeaws.Plan[O], action string) *fakeaws.Plan[O] {
	do := plan.Do
	plan.Do = func() (none O, err error) {
		s.mu.Lock()
		g := s.find(id)
		s.mu.Unlock()
		if err := s.useKey(call, id, s.keyOf(g), action); err != nil {
			return none, err
		}
		return do()
	}
	return plan
}

// checkBatch refuses batches that cannot be stored, whatever the log group.
func checkBatch(batch []types.InputLogEvent) error {
	size := 0
	for i := range batch {
		size += len(*batch[i].Message) + overhead
		if i > 0 && *batch[i].Timestamp < *batch[i-1].Timestamp {
			return invalidParameter(textOrder)
		}
	}
	if size > maxBatch {
		return invalidParameter(fmt.Sprintf(textUpload, size, maxBatch))
	}
	if *batch[len(batch)-1].Timestamp-*batch[0].Timestamp > maxSpan.Milliseconds() {
		return invalidParameter(textSpan)
	}
	return nil
}

// admit returns the events that are not too old for the log group or for any, and not too new.
// The batch is in order, so that these are at its beginning and end.
func (g *group) admit(batch []types.InputLogEvent, now time.Time) ([]types.InputLogEvent, *types.RejectedLogEventsInfo) {
	var rejected types.RejectedLogEventsInfo
	oldest, newest := now.Add(-maxAge).UnixMilli(), now.Add(maxAhead).UnixMilli()
	kept := oldest
	if g.retention != 0 {
		kept = max(oldest, g.keptFrom(now))
	}
	begin, end := 0, len(batch)
	for begin < end && *batch[begin].Timestamp < oldest {
		begin++
	}
	if begin > 0 {
		rejected.TooOldLogEventEndIndex = aws.Int32(int32(begin))
	}
	expired := begin
	for begin < end && *batch[begin].Timestamp < kept {
		begin++
	}
	if begin > expired {
		rejected.ExpiredLogEventEndIndex = aws.Int32(int32(begin))
	}
	for end > begin && *batch[end-1].Timestamp > newest {
		end--
	}
	if end < len(batch) {
		rejected.TooNewLogEventStartIndex = aws.Int32(int32(end))
	}
	if rejected == (types.RejectedLogEventsInfo{}) {
		return batch, nil
	}
	return batch[begin:end], &rejected
}

// store stores events, and has them delivered to who has subscribed. The lock is held.
func (s *Fake) store(g *group, x *stream, batch []types.InputLogEvent, now time.Time) {
	x.batches++
	x.ingested = now.UnixMilli()
	if len(batch) == 0 {
		return
	}
	all, memory := make([]*event, len(batch)), make([]event, len(batch))
	for i := range batch {
		s.latest++
		e := &memory[i]
		*e = event{position{*batch[i].Timestamp, s.latest}, now.UnixMilli(), *batch[i].Message}
		all[i] = e
		g.stored += e.size()
	}
	x.add(all)
	x.last = max(x.last, all[len(all)-1].at)
	s.subscribed(g, x, all, now)
}
