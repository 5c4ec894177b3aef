package sqs

import (
	"context"
	"slices"
	"strings"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// moveNeeds are the permissions on the source of a move task: besides the action
// itself those that the task uses (developer guide, "Amazon SQS API permissions:
// Actions and resource reference").
func (s *Fake) moveNeeds(call *fakeaws.Call, action string, source queueID) []fakeaws.Need {
	needs := make([]fakeaws.Need, 0, 5)
	for _, a := range []string{action, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
		needs = append(needs, s.need(call, a, source, ownerOnly))
	}
	return needs
}

func (s *Fake) cancelMoveNeeds(ctx context.Context, in *awssqs.CancelMessageMoveTaskInput) ([]fakeaws.Need, error) {
	_, source, err := parseTaskHandle(in.TaskHandle)
	if err != nil {
		return nil, err
	}
	return s.moveNeeds(fakeaws.CallFrom(ctx), "sqs:CancelMessageMoveTask", source), nil
}

func (s *Fake) listMovesNeeds(ctx context.Context, in *awssqs.ListMessageMoveTasksInput) ([]fakeaws.Need, error) {
	source, err := moveQueueID("SourceArn", in.SourceArn)
	if err != nil {
		return nil, err
	}
	return s.moveNeeds(fakeaws.CallFrom(ctx), "sqs:ListMessageMoveTasks", source), nil
}

// startMoveNeeds asks for sqs:SendMessage too: on the destination or, without one,
// on every queue whose dead-letter queue the source is. That SQS asks before the
// task begins is unverified.
func (s *Fake) startMoveNeeds(ctx context.Context, in *awssqs.StartMessageMoveTaskInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	source, err := moveQueueID("SourceArn", in.SourceArn)
	if err != nil {
		return nil, err
	}
	targets := s.sources(source)
	if in.DestinationArn != nil {
		target, err := moveQueueID("DestinationArn", in.DestinationArn)
		if err != nil {
			return nil, err
		}
		targets = []queueID{target}
	}
	needs := s.moveNeeds(call, "sqs:StartMessageMoveTask", source)
	for _, target := range targets {
		needs = append(needs, s.need(call, "sqs:SendMessage", target, shareable))
	}
	return needs, nil
}

// sources returns the queues whose dead-letter queue has the given id, by name.
func (s *Fake) sources(dead queueID) []queueID {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[dead]
	if !ok {
		return nil
	}
	ids := s.sourcesOf(q)
	slices.SortFunc(ids, func(a, b queueID) int { return strings.Compare(a.name, b.name) })
	return ids
}
