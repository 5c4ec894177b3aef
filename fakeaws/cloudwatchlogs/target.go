package cloudwatchlogs

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var (
	_ fakeaws.Worker   = (*Fake)(nil)
	_ fakeaws.Preparer = (*Fake)(nil)
	_ fakeaws.Guardian = (*Fake)(nil)
)

// Take implements [fakeaws.Target]: the event, or the events, of a delivery go to the stream
// that it names.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	id, stream, err := deliveredTo(d)
	if err != nil {
		return nil, err
	}
	now := s.now().UnixMilli()
	in := &awslogs.PutLogEventsInput{LogGroupName: aws.String(id.arn()), LogStreamName: &stream}
	batch := d.Batch
	if batch == nil {
		batch = [][]byte{d.Body}
	}
	for _, body := range batch {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Timestamp: &now, Message: aws.String(strings.ToValidUTF8(string(body), "\uFFFD"))})
	}
	return in, nil
}

// deliveredTo is the log group of a delivery, and its stream.
func deliveredTo(d *fakeaws.Delivery) (groupID, string, error) {
	id, stream, ok := parseARN(d.Target)
	switch {
	case !ok:
		return id, "", errors.New("leastpriv: " + d.Target + " is not the ARN of a log group")
	case d.Name != "":
		return id, d.Name, nil
	case stream == "":
		return id, "", errors.New("leastpriv: a delivery to a log group needs the name of a stream")
	}
	return id, stream, nil
}

// Prepare implements [fakeaws.Preparer]: who delivers makes the stream, and the log group if it
// does that, where there is none. Both are calls of its own, for which it needs permissions.
func (s *Fake) Prepare(d *fakeaws.Delivery) ([]any, error) {
	id, stream, err := deliveredTo(d)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, x := s.findStream(id, stream)
	var calls []any
	if g == nil && d.CreateTarget {
		calls = append(calls, &awslogs.CreateLogGroupInput{LogGroupName: aws.String(id.arn())})
	}
	if x == nil && (g != nil || d.CreateTarget) {
		calls = append(calls, &awslogs.CreateLogStreamInput{LogGroupName: aws.String(id.arn()), LogStreamName: &stream})
	}
	return calls, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	id, _, ok := parseARN(arn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(id) != nil
}
