package kinesis

import (
	"errors"

	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Take implements [fakeaws.Target]: what services deliver to a stream is a record of it. One
// that comes without a partition key gets one that no other has.
func (s *Fake) Take(d *fakeaws.Delivery) (any, error) {
	if _, ok := parseStreamARN(d.Target); !ok {
		return nil, errors.New(d.Target + " is no stream")
	}
	key := d.PartitionKey
	if key == "" {
		key = s.world.IDs().UUID()
	}
	return &awskinesis.PutRecordInput{StreamARN: &d.Target, Data: d.Body, PartitionKey: &key}, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	id, ok := parseStreamARN(arn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[id] != nil
}
