package lambda

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// A mapping is an event source mapping: it invokes a function with the records of a source.
type mapping struct {
	types.EventSourceMappingConfiguration
	place
	ref     reference // the function
	tags    map[string]string
	filters []*eventpattern.Pattern
	// since is when the first record of a batch was seen that waits for more.
	since time.Time
	// after is before when the mapping does not poll again, because it failed or found
	// nothing.
	after time.Time
	// readers read the shards of a stream, by the shards' ids. A shard that has none is read
	// from the start. started says that there are those of LATEST.
	readers map[string]*reader
	started bool
}

func (m *mapping) arn() string {
	return fakeaws.ARN("lambda", m.region, m.account, "event-source-mapping:"+aws.ToString(m.UUID))
}

// guard adds to a permission what the mapping brings along.
func (m *mapping) guard(need *fakeaws.Need) {
	for key, value := range m.tags {
		need.Context.Set("aws:ResourceTag/"+key, value)
	}
}

// States of mappings.
const (
	stateCreating = "Creating"
	stateEnabled  = "Enabled"
	stateDisabled = "Disabled"
	stateUpdating = "Updating"
	stateDeleting = "Deleting"
)

// The sources of mappings, by the services in their ARNs.
const (
	sourceSQS      = "sqs"
	sourceKinesis  = "kinesis"
	sourceDynamoDB = "dynamodb"
	sourceKafka    = "kafka"
	sourceMQ       = "mq"
	sourceDocDB    = "rds"
)

// sourceOf is the service of a mapping's source; self-managed Kafka is Kafka.
func sourceOf(arn *string) string {
	parsed, err := awsarn.Parse(aws.ToString(arn))
	if err != nil {
		return sourceKafka
	}
	return parsed.Service
}

// polled reports whether a mapping polls: those of queues and streams do. Of the other sources
// the World has no fakes.
func (m *mapping) polled() bool {
	switch sourceOf(m.EventSourceArn) {
	case sourceSQS, sourceKinesis, sourceDynamoDB:
		return true
	}
	return false
}

// fifo reports whether the source is a FIFO queue.
func fifo(arn *string) bool { return strings.HasSuffix(aws.ToString(arn), ".fifo") }

// show is the mapping as answers have it.
func (m *mapping) show(state string) types.EventSourceMappingConfiguration {
	c := m.EventSourceMappingConfiguration
	c.State = &state
	return c
}

// window is how long a mapping gathers records.
func (m *mapping) window() time.Duration {
	return time.Duration(aws.ToInt32(m.MaximumBatchingWindowInSeconds)) * time.Second
}

// size is how many records a batch has at most.
func (m *mapping) size() int { return int(aws.ToInt32(m.BatchSize)) }

// reports reports whether the function answers which records of a batch failed.
func (m *mapping) reports() bool {
	for _, t := range m.FunctionResponseTypes {
		if t == types.FunctionResponseTypeReportBatchItemFailures {
			return true
		}
	}
	return false
}
