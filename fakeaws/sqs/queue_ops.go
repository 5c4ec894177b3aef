package sqs

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) queueOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createQueue),
		fakeaws.Bind(s.deleteQueue),
		fakeaws.Bind(s.purgeQueue),
		fakeaws.Bind(s.getQueueURL),
		fakeaws.Bind(s.listQueues),
	}
}

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

// createQueue makes a queue. An existing queue of the name is answered as if it
// were new, unless the call asks for an attribute that the queue does not have.
// That the tags of such a call are ignored is unverified.
func (s *Fake) createQueue(call *fakeaws.Call, in *awssqs.CreateQueueInput) (*fakeaws.Plan[*awssqs.CreateQueueOutput], error) {
	if in.QueueName == nil {
		return nil, missingParameter("QueueName")
	}
	if call.Account == "" {
		return nil, refused(call)
	}
	if len(in.Tags) > maxTags {
		return nil, tooManyTags(*in.QueueName)
	}
	id := queueID{call.Account, call.Region, *in.QueueName}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.queues[id]
	needs := []fakeaws.Need{s.need(call, "sqs:CreateQueue", id, ownerOnly)}
	if len(in.Tags) > 0 {
		// To tag a queue on creation takes both permissions (API reference, CreateQueue).
		needs = append(needs, s.need(call, "sqs:TagQueue", id, ownerOnly))
		for i := range needs {
			setRequestTags(&needs[i].Context, in.Tags)
		}
	}
	return &fakeaws.Plan[*awssqs.CreateQueueOutput]{Needs: needs, Do: func() (*awssqs.CreateQueueOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.create(call, id, in, found); err != nil {
			return nil, err
		}
		return &awssqs.CreateQueueOutput{QueueUrl: aws.String(id.url(call))}, nil
	}}, nil
}

// create makes a queue, or finds that there is one as the call wants it. The call was
// judged by the tags and the policy of the queue that was found before, if any: when that
// one was deleted meanwhile, no other is made.
func (s *Fake) create(call *fakeaws.Call, id queueID, in *awssqs.CreateQueueInput, found *queue) error {
	if err := checkNewName(id.name, in.Attributes); err != nil {
		return err
	}
	q, exists := s.queues[id]
	if !exists {
		now := s.now()
		if at, ok := s.deleted[id]; found != nil || ok && now.sub(at) < nameBlocked {
			return queueDeletedRecently()
		}
		q = newQueue(s, id, s.world.IDs().Hex(32), now)
	}
	changed, err := s.change(call, q, in.Attributes)
	if err != nil {
		return err
	}
	if exists {
		if name, differs := q.differs(&changed, in.Attributes); differs {
			return queueNameExists(name)
		}
		return nil
	}
	if err := q.tag(in.Tags); err != nil {
		return err
	}
	q.settings = changed
	s.queues[id] = q
	delete(s.deleted, id)
	return nil
}

// checkNewName checks a queue's name: that of a FIFO queue, and no other, ends with
// .fifo.
func checkNewName(name string, attributes map[string]string) error {
	if name == "" {
		return missingParameter("QueueName")
	}
	stem, suffixed := strings.CutSuffix(name, fifoSuffix)
	if isTrue(attributes[string(types.QueueAttributeNameFifoQueue)]) {
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

// deleteQueue deletes a queue with its messages. Calls that wait for messages
// end.
func (s *Fake) deleteQueue(call *fakeaws.Call, in *awssqs.DeleteQueueInput) (*fakeaws.Plan[*awssqs.DeleteQueueOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:DeleteQueue", ownerOnly, func(q *queue) (*awssqs.DeleteQueueOutput, error) {
		q.deleted = true
		q.wakeAll()
		for _, t := range slices.Clone(s.running) {
			if t.source == q {
				s.endTask(t, taskFailed, failureNoTarget)
			}
		}
		delete(s.queues, q.id)
		s.deleted[q.id] = s.now()
		return &awssqs.DeleteQueueOutput{}, nil
	})
}

// purgeQueue deletes all messages, in flight and delayed ones too.
func (s *Fake) purgeQueue(call *fakeaws.Call, in *awssqs.PurgeQueueInput) (*fakeaws.Plan[*awssqs.PurgeQueueOutput], error) {
	return onQueue(s, call, in.QueueUrl, "sqs:PurgeQueue", shareable, func(q *queue) (*awssqs.PurgeQueueOutput, error) {
		now := s.now()
		if q.purged != 0 && now.sub(q.purged) < purgeInterval {
			return nil, purgeQueueInProgress(q.id.name)
		}
		q.purged = now
		q.messages.clear(q.fifo)
		return &awssqs.PurgeQueueOutput{}, nil
	})
}

// getQueueURL returns the URL of a queue of the caller's or another account.
func (s *Fake) getQueueURL(call *fakeaws.Call, in *awssqs.GetQueueUrlInput) (*fakeaws.Plan[*awssqs.GetQueueUrlOutput], error) {
	if in.QueueName == nil {
		return nil, missingParameter("QueueName")
	}
	id := urlTarget(call, in)
	q, need := s.lookUp(call, "sqs:GetQueueUrl", id, shareable)
	plan := planOf[*awssqs.GetQueueUrlOutput](need)
	plan.Do = func() (*awssqs.GetQueueUrlOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if id.name == "" {
			return nil, missingParameter("QueueName")
		}
		if err := q.exists(); err != nil {
			return nil, err
		}
		return &awssqs.GetQueueUrlOutput{QueueUrl: aws.String(id.url(call))}, nil
	}
	return plan, nil
}

func urlTarget(call *fakeaws.Call, in *awssqs.GetQueueUrlInput) queueID {
	id := queueID{call.Account, call.Region, aws.ToString(in.QueueName)}
	if owner := aws.ToString(in.QueueOwnerAWSAccountId); owner != "" {
		id.account = owner
	}
	return id
}

// listQueues lists the caller's queues in the call's region, by name. SQS evaluates it
// on the ARN of a queue without a name.
func (s *Fake) listQueues(call *fakeaws.Call, in *awssqs.ListQueuesInput) (*fakeaws.Plan[*awssqs.ListQueuesOutput], error) {
	if call.Account == "" {
		return nil, refused(call)
	}
	all := queueID{account: call.Account, region: call.Region}
	need := fakeaws.Need{Action: "sqs:ListQueues", Resource: all.arn(), ResourceAccount: all.account, Policy: noPolicy}
	return &fakeaws.Plan[*awssqs.ListQueuesOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssqs.ListQueuesOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p, err := listed(call, s.queuesOf(all.account, all.region, aws.ToString(in.QueueNamePrefix)), in.MaxResults, in.NextToken)
		if err != nil {
			return nil, err
		}
		out := &awssqs.ListQueuesOutput{NextToken: p.Next}
		if len(p.Items) > 0 { // an answer without queues has no list
			out.QueueUrls = p.Items
		}
		return out, nil
	}}, nil
}

// queuesOf returns the queues of an account in a region whose names begin with a prefix.
func (s *Fake) queuesOf(account, region, prefix string) iter.Seq[queueID] {
	return s.every(func(q *queue) bool {
		return q.id.account == account && q.id.region == region && strings.HasPrefix(q.id.name, prefix)
	})
}

// every returns the queues of which is reports true. The lock is held.
func (s *Fake) every(is func(*queue) bool) iter.Seq[queueID] {
	return func(yield func(queueID) bool) {
		for id, q := range s.queues {
			if is(q) && !yield(id) {
				return
			}
		}
	}
}

// listed returns the page of the queues' URLs, by name, that follows a token. SQS gives
// a token only to callers who ask for a number of results.
func listed(call *fakeaws.Call, all iter.Seq[queueID], limit *int32, token *string) (page.Page[string], error) {
	if limit != nil && (*limit < 1 || *limit > maxListed) {
		return page.Page[string]{}, invalidValue(*limit, "MaxResults", "MaxResults must be an integer between 1 and 1000.")
	}
	if aws.ToString(token) == "" {
		token = nil
	}
	after, ok := page.After(token)
	if !ok {
		return page.Page[string]{}, invalidParameter(textNextToken)
	}
	size := page.Size(limit, maxListed)
	ids, err := firstAfter(call, all, after, size+1)
	if err != nil {
		return page.Page[string]{}, err
	}
	p := page.Of(page.Sorted(ids, func(id queueID) string { return id.name }), after, size, page.Every(func(id queueID) string { return id.url(call) }))
	if limit == nil {
		p.Next = nil
	}
	return p, nil
}

// firstAfter returns the first n queues by name that follow a name. However many queues
// there are, few more than n are sorted at a time, and the client of the call may go.
func firstAfter(call *fakeaws.Call, all iter.Seq[queueID], name string, n int) ([]queueID, error) {
	var ids []queueID
	cut := func() {
		slices.SortFunc(ids, func(a, b queueID) int { return strings.Compare(a.name, b.name) })
		ids = ids[:min(len(ids), n)]
	}
	for id := range all {
		if id.name <= name {
			continue
		}
		if ids = append(ids, id); len(ids) >= 2*maxListed {
			if err := call.Err(); err != nil {
				return nil, err
			}
			cut()
		}
	}
	cut()
	return ids, nil
}
