// Package sqs is a fake of Amazon SQS: standard and FIFO queues with AWS's limits,
// texts and timing.
package sqs

import (
	"context"
	"sync"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the queues of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     sync.Mutex // guards everything below, and all queues
	queues map[queueID]*queue
	// graves says when queues were deleted whose names are not free yet.
	graves map[queueID]moment
	// running are the move tasks at work.
	running []*moveTask
}

// Service is Amazon SQS, for a World to be made of.
var Service = fakeaws.Service{Name: "sqs", Anonymous: true, New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) }}

// Of returns the Amazon SQS of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("sqs").(*Fake) }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:  w,
		queues: make(map[queueID]*queue),
		graves: make(map[queueID]moment),
	}
}

// noPolicy stands for the policy of a queue that has none: cross-account
// callers are told that no resource-based policy allows them.
var noPolicy = enforce.Empty(enforce.QueuePolicy)

// A reach says whether a queue's policy can grant an action to other accounts.
type reach bool

// SQS never lets another account's principals perform an owner-only action,
// whatever the queue's policy says (developer guide, "Limitations of Amazon SQS
// custom policies").
const (
	ownerOnly reach = false
	shareable reach = true
)

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.BindMethod(s.AddPermission, onQueue(s, "sqs:AddPermission", ownerOnly, func(in *awssqs.AddPermissionInput) (*string, error) {
			return in.QueueUrl, required("Label", in.Label)
		})),
		fakeaws.BindMethod(s.CancelMessageMoveTask, s.cancelMoveNeeds),
		fakeaws.BindMethod(s.ChangeMessageVisibility, onQueue(s, "sqs:ChangeMessageVisibility", shareable, func(in *awssqs.ChangeMessageVisibilityInput) (*string, error) {
			return in.QueueUrl, required("ReceiptHandle", in.ReceiptHandle)
		})),
		fakeaws.BindMethod(s.ChangeMessageVisibilityBatch, onQueue(s, "sqs:ChangeMessageVisibility", shareable, func(in *awssqs.ChangeMessageVisibilityBatchInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.CreateQueue, s.createQueueNeeds),
		fakeaws.BindMethod(s.DeleteMessage, onQueue(s, "sqs:DeleteMessage", shareable, func(in *awssqs.DeleteMessageInput) (*string, error) {
			return in.QueueUrl, required("ReceiptHandle", in.ReceiptHandle)
		})),
		fakeaws.BindMethod(s.DeleteMessageBatch, onQueue(s, "sqs:DeleteMessage", shareable, func(in *awssqs.DeleteMessageBatchInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.DeleteQueue, onQueue(s, "sqs:DeleteQueue", ownerOnly, func(in *awssqs.DeleteQueueInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.GetQueueAttributes, onQueue(s, "sqs:GetQueueAttributes", shareable, func(in *awssqs.GetQueueAttributesInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.GetQueueUrl, s.getQueueURLNeeds),
		fakeaws.BindMethod(s.ListDeadLetterSourceQueues, onQueue(s, "sqs:ListDeadLetterSourceQueues", shareable, func(in *awssqs.ListDeadLetterSourceQueuesInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.ListMessageMoveTasks, s.listMovesNeeds),
		fakeaws.BindMethod(s.ListQueues, s.listQueuesNeeds),
		fakeaws.BindMethod(s.ListQueueTags, onQueue(s, "sqs:ListQueueTags", ownerOnly, func(in *awssqs.ListQueueTagsInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.PurgeQueue, onQueue(s, "sqs:PurgeQueue", shareable, func(in *awssqs.PurgeQueueInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.ReceiveMessage, onQueue(s, "sqs:ReceiveMessage", shareable, func(in *awssqs.ReceiveMessageInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.RemovePermission, onQueue(s, "sqs:RemovePermission", ownerOnly, func(in *awssqs.RemovePermissionInput) (*string, error) {
			return in.QueueUrl, required("Label", in.Label)
		})),
		fakeaws.BindMethod(s.SendMessage, onQueue(s, "sqs:SendMessage", shareable, func(in *awssqs.SendMessageInput) (*string, error) {
			return in.QueueUrl, required("MessageBody", in.MessageBody)
		})),
		fakeaws.BindMethod(s.SendMessageBatch, onQueue(s, "sqs:SendMessage", shareable, func(in *awssqs.SendMessageBatchInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.SetQueueAttributes, onQueue(s, "sqs:SetQueueAttributes", ownerOnly, func(in *awssqs.SetQueueAttributesInput) (*string, error) {
			return in.QueueUrl, nil
		})),
		fakeaws.BindMethod(s.StartMessageMoveTask, s.startMoveNeeds),
		fakeaws.BindMethod(s.TagQueue, s.tagQueueNeeds),
		fakeaws.BindMethod(s.UntagQueue, s.untagQueueNeeds),
	}
}

// required refuses a call that lacks a parameter, before it is authorized.
func required(name string, value *string) error {
	if value == nil {
		return missingParameter(name)
	}
	return nil
}

// onQueue is the Needs of an operation on one queue: a single permission, also
// for the batch forms. The function gives the queue's URL and says which other
// parameter is missing.
func onQueue[I any](s *Fake, action string, r reach, shape func(*I) (*string, error)) fakeaws.Needs[I] {
	return func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		url, err := shape(in)
		if url == nil {
			return nil, missingParameter("QueueUrl")
		}
		if err != nil {
			return nil, err
		}
		call := fakeaws.CallFrom(ctx)
		id, err := parseURL(*url, call.Region)
		if err != nil {
			return nil, err
		}
		return []fakeaws.Need{s.need(call, action, id, r)}, nil
	}
}

// need is one permission on a queue. A queue that does not exist is judged like
// one without a policy, so that only who may see it learns that it is missing.
func (s *Fake) need(call *fakeaws.Call, action string, id queueID, r reach) fakeaws.Need {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[id]
	if !ok {
		return fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}
	}
	need := q.need(action)
	if r == ownerOnly && call.Account != id.account {
		need.Policy = noPolicy
	}
	return need
}

func (s *Fake) createQueueNeeds(ctx context.Context, in *awssqs.CreateQueueInput) ([]fakeaws.Need, error) {
	if err := required("QueueName", in.QueueName); err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	if call.Account == "" {
		return nil, refused(call)
	}
	id := queueID{call.Account, call.Region, *in.QueueName}
	needs := []fakeaws.Need{s.need(call, "sqs:CreateQueue", id, ownerOnly)}
	if len(in.Tags) > 0 {
		// To tag a queue on creation takes both permissions (API reference, CreateQueue).
		needs = append(needs, s.need(call, "sqs:TagQueue", id, ownerOnly))
		for i := range needs {
			setRequestTags(&needs[i].Context, in.Tags)
		}
	}
	return needs, nil
}

func (s *Fake) getQueueURLNeeds(ctx context.Context, in *awssqs.GetQueueUrlInput) ([]fakeaws.Need, error) {
	if err := required("QueueName", in.QueueName); err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	return []fakeaws.Need{s.need(call, "sqs:GetQueueUrl", urlTarget(call, in), shareable)}, nil
}

// listQueuesNeeds asks for the ARN that SQS evaluates ListQueues with: that of
// a queue without a name.
func (s *Fake) listQueuesNeeds(ctx context.Context, _ *awssqs.ListQueuesInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if call.Account == "" {
		return nil, refused(call)
	}
	id := queueID{call.Account, call.Region, ""}
	return []fakeaws.Need{{Action: "sqs:ListQueues", Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}}, nil
}

func (s *Fake) tagQueueNeeds(ctx context.Context, in *awssqs.TagQueueInput) ([]fakeaws.Need, error) {
	needs, err := onQueue(s, "sqs:TagQueue", ownerOnly, func(in *awssqs.TagQueueInput) (*string, error) {
		return in.QueueUrl, nil
	})(ctx, in)
	if err == nil && len(in.Tags) > 0 {
		setRequestTags(&needs[0].Context, in.Tags)
	}
	return needs, err
}

func (s *Fake) untagQueueNeeds(ctx context.Context, in *awssqs.UntagQueueInput) ([]fakeaws.Need, error) {
	needs, err := onQueue(s, "sqs:UntagQueue", ownerOnly, func(in *awssqs.UntagQueueInput) (*string, error) {
		return in.QueueUrl, nil
	})(ctx, in)
	if err == nil && len(in.TagKeys) > 0 {
		needs[0].Context.SetMulti("aws:TagKeys", in.TagKeys)
	}
	return needs, err
}

// setRequestTags sets the condition keys of the tags that a call sends.
func setRequestTags(c *enforce.Context, tags map[string]string) {
	keys := sorted(tags)
	for _, key := range keys {
		c.Set("aws:RequestTag/"+key, tags[key])
	}
	c.SetMulti("aws:TagKeys", keys)
}

// Denied implements [fakeaws.Fake]. SQS prints the action in lower case, and
// tells callers without a user or role only that they are refused.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if call.Anonymous() || call.Caller.Type == enforce.Service {
		return refused(call)
	}
	return accessDenied(d.Message(enforce.MessageStyle{LowerAction: true, Name: need.Name}))
}

// refused is the answer to a caller whom SQS does not name: it has no user or
// role, and no account in which it could make or list queues. The resource is the
// URL that was asked, which older clients make of the queue's.
func refused(call *fakeaws.Call) error {
	return accessDenied("Access to the resource " + endpoint(call) + call.Path() + " is denied.")
}

// find returns the queue that a URL means. The caller holds the lock.
func (s *Fake) find(call *fakeaws.Call, url *string) (*queue, error) {
	if url == nil {
		return nil, missingParameter("QueueUrl")
	}
	id, err := parseURL(*url, call.Region)
	if err != nil {
		return nil, err
	}
	q, ok := s.queues[id]
	if !ok {
		return nil, queueDoesNotExist()
	}
	if len(s.running) > 0 {
		s.catchUp(s.now())
	}
	return q, nil
}

func (s *Fake) now() moment { return at(s.world.Clock().Now()) }
