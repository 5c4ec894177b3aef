package firehose

import (
	"errors"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Take implements [fakeaws.Target]: what services deliver to a Firehose stream is a record
// of it.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	if _, ok := parseARN(d.Target); !ok {
		return nil, errors.New(d.Target + " is no Firehose stream")
	}
	return &awsfirehose.PutRecordInput{DeliveryStreamName: &d.Target, Record: &types.Record{Data: d.Body}}, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	id, ok := parseARN(arn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[id] != nil
}

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	if id, ok := parseARN(resource); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		return need(action, id, s.streams[id]), nil
	}
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Policy: noPolicy}
	if resource != "*" {
		parsed, err := awsarn.Parse(resource)
		if err != nil {
			return n, err
		}
		n.ResourceAccount, n.Note = parsed.AccountID, "there is no "+resource
	}
	return n, nil
}
