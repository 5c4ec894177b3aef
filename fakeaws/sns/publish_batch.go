package sns

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// maxBatch is the most entries of a batch.
	maxBatch = 10
	// maxEntryID is the longest id of one.
	maxEntryID = 80
)

// publishBatch publishes up to ten messages to a topic. Each succeeds or fails on its own.
// It takes sns:Publish, once.
func (s *Fake) publishBatch(call *fakeaws.Call, in *awssns.PublishBatchInput) (*fakeaws.Plan[*awssns.PublishBatchOutput], error) {
	if in.PublishBatchRequestEntries == nil {
		return nil, required("PublishBatchRequestEntries")
	}
	var messages []*entry
	for i := range in.PublishBatchRequestEntries[:min(len(in.PublishBatchRequestEntries), maxBatch)] {
		messages = append(messages, read(&in.PublishBatchRequestEntries[i]))
	}
	return onMessages(s, call, "TopicArn", in.TopicArn, messages, func(t *topic) (*awssns.PublishBatchOutput, error) {
		if err := checkBatch(in.PublishBatchRequestEntries, t.maxSize()); err != nil {
			return nil, err
		}
		out := &awssns.PublishBatchOutput{Successful: []types.PublishBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{}}
		for _, message := range messages {
			result, err := s.accept(t, message)
			if err != nil {
				out.Failed = append(out.Failed, failure(message.Id, err))
				continue
			}
			result.Id = message.Id
			out.Successful = append(out.Successful, *result)
		}
		return out, nil
	})
}

// checkBatch finds the faults for which SNS refuses a whole batch.
func checkBatch(entries []types.PublishBatchRequestEntry, most int) error {
	switch {
	case len(entries) == 0:
		return &types.EmptyBatchRequestException{Message: aws.String("The batch request doesn't contain any entries.")}
	case len(entries) > maxBatch:
		return &types.TooManyEntriesInBatchRequestException{Message: aws.String("The batch request contains more entries than permissible.")}
	}
	seen, total := make(map[string]bool, len(entries)), 0
	for i := range entries {
		id := aws.ToString(entries[i].Id)
		switch {
		case !isName(id) || len(id) > maxEntryID:
			return &types.InvalidBatchEntryIdException{Message: aws.String("The Id of a batch entry in a batch request doesn't abide by the specification.")}
		case seen[id]:
			return &types.BatchEntryIdsNotDistinctException{Message: aws.String("Two or more batch entries in the request have the same Id.")}
		}
		seen[id] = true
		total += sizeOf(&entries[i])
	}
	if total > most {
		return &types.BatchRequestTooLongException{Message: aws.String("The length of all the batch messages put together is more than the limit.")}
	}
	return nil
}
