package sqs

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const (
	// nameBlocked is how long the name of a deleted queue stays taken.
	nameBlocked = 60 * time.Second
	// purgeInterval is the least time between two purges of a queue.
	purgeInterval = 60 * time.Second
	// maxListed is the most queues that one call lists.
	maxListed = 1000
)

// fifoSuffix ends the name of every FIFO queue, and of no other.
const fifoSuffix = ".fifo"

// CreateQueue makes a queue. An existing queue of the name is answered as if it
// were new, unless the call asks for an attribute that the queue does not have.
// That the tags of such a call are ignored is unverified.
func (s *Fake) CreateQueue(ctx context.Context, in *awssqs.CreateQueueInput) (*awssqs.CreateQueueOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkNewName(aws.ToString(in.QueueName), in.Attributes); err != nil {
		return nil, err
	}
	id := queueID{call.Account, call.Region, *in.QueueName}
	q, exists := s.queues[id]
	if !exists {
		now := s.now()
		if buried, ok := s.graves[id]; ok && now.sub(buried) < nameBlocked {
			return nil, queueDeletedRecently()
		}
		q = newQueue(s, id, s.world.IDs().Hex(32), now)
	}
	changed, err := s.change(q, in.Attributes)
	if err != nil {
		return nil, err
	}
	if exists {
		if name, differs := q.differs(&changed, in.Attributes); differs {
			return nil, queueNameExists(name)
		}
		return &awssqs.CreateQueueOutput{QueueUrl: aws.String(id.url(call))}, nil
	}
	if err := q.tag(in.Tags); err != nil {
		return nil, err
	}
	q.settings = changed
	s.queues[id] = q
	delete(s.graves, id)
	return &awssqs.CreateQueueOutput{QueueUrl: aws.String(id.url(call))}, nil
}

// checkNewName checks a queue's name: that of a FIFO queue, and no other, ends with
// .fifo.
func checkNewName(name string, attributes map[string]string) error {
	if name == "" {
		return missingParameter("QueueName")
	}
	stem, suffixed := strings.CutSuffix(name, fifoSuffix)
	if attributes[string(types.QueueAttributeNameFifoQueue)] == "true" {
		if !suffixed || !isName(stem) || len(name) > 80 {
			return invalidParameter(textFIFOName)
		}
		return nil
	}
	if !isName(name) {
		return invalidParameter(textQueueName)
	}
	return nil
}

// DeleteQueue deletes a queue with its messages. Calls that wait for messages
// end.
func (s *Fake) DeleteQueue(ctx context.Context, in *awssqs.DeleteQueueInput) (*awssqs.DeleteQueueOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	q.deleted = true
	q.rouseAll()
	for _, t := range slices.Clone(s.running) {
		if t.source == q {
			s.end(t, taskFailed, failureNoTarget)
		}
	}
	delete(s.queues, q.id)
	s.graves[q.id] = s.now()
	return &awssqs.DeleteQueueOutput{}, nil
}

// PurgeQueue deletes all messages, in flight and delayed ones too.
func (s *Fake) PurgeQueue(ctx context.Context, in *awssqs.PurgeQueueInput) (*awssqs.PurgeQueueOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(call, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	now := s.now()
	if q.purged != 0 && now.sub(q.purged) < purgeInterval {
		return nil, purgeQueueInProgress(q.id.name)
	}
	q.purged = now
	q.messages.clear(q.fifo)
	return &awssqs.PurgeQueueOutput{}, nil
}

// GetQueueUrl returns the URL of a queue of the caller's or another account.
func (s *Fake) GetQueueUrl(ctx context.Context, in *awssqs.GetQueueUrlInput) (*awssqs.GetQueueUrlOutput, error) { //nolint:revive // AWS's name
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := urlTarget(call, in)
	if id.name == "" {
		return nil, missingParameter("QueueName")
	}
	if _, ok := s.queues[id]; !ok {
		return nil, queueDoesNotExist()
	}
	return &awssqs.GetQueueUrlOutput{QueueUrl: aws.String(id.url(call))}, nil
}

func urlTarget(call *fakeaws.Call, in *awssqs.GetQueueUrlInput) queueID {
	id := queueID{call.Account, call.Region, aws.ToString(in.QueueName)}
	if owner := aws.ToString(in.QueueOwnerAWSAccountId); owner != "" {
		id.account = owner
	}
	return id
}

// ListQueues lists the caller's queues in the call's region, by name.
func (s *Fake) ListQueues(ctx context.Context, in *awssqs.ListQueuesInput) (*awssqs.ListQueuesOutput, error) {
	call := fakeaws.CallFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	prefix := aws.ToString(in.QueueNamePrefix)
	var ids []queueID
	for id := range s.queues {
		if id.account == call.Account && id.region == call.Region && strings.HasPrefix(id.name, prefix) {
			ids = append(ids, id)
		}
	}
	urls, token, err := page(call, ids, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &awssqs.ListQueuesOutput{QueueUrls: urls, NextToken: token}, nil
}

// page sorts queues by name and cuts out the page that follows token. SQS gives
// a token only to callers who ask for a number of results.
func page(call *fakeaws.Call, ids []queueID, limit *int32, token *string) (urls []string, next *string, err error) {
	if limit != nil && (*limit < 1 || *limit > maxListed) {
		return nil, nil, invalidValue(*limit, "MaxResults", "MaxResults must be an integer between 1 and 1000.")
	}
	slices.SortFunc(ids, func(a, b queueID) int { return strings.Compare(a.name, b.name) })
	if token != nil && *token != "" {
		last, err := base64.StdEncoding.DecodeString(*token)
		if err != nil || !isName(strings.TrimSuffix(string(last), fifoSuffix)) {
			return nil, nil, invalidParameter(textNextToken)
		}
		after, found := slices.BinarySearchFunc(ids, string(last), func(id queueID, name string) int {
			return strings.Compare(id.name, name)
		})
		if found {
			after++
		}
		ids = ids[after:]
	}
	size := maxListed
	if limit != nil {
		size = int(*limit)
	}
	if len(ids) > size {
		ids = ids[:size]
		if limit != nil {
			next = aws.String(base64.StdEncoding.EncodeToString([]byte(ids[size-1].name)))
		}
	}
	for _, id := range ids {
		urls = append(urls, id.url(call))
	}
	return urls, next, nil
}
