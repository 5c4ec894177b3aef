package lambda

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// endpoints are the servers of self-managed Kafka, as errors name them.
func (m *mapping) endpoints() string {
	if m.SelfManagedEventSource == nil {
		return ""
	}
	list := slices.Clone(m.SelfManagedEventSource.Endpoints[string(types.EndPointTypeKafkaBootstrapServers)])
	slices.Sort(list)
	return strings.Join(list, ",")
}

// prepare checks a mapping, gives it the defaults of its source, and tries the source with
// the execution role. No lock is held.
func (s *Fake) prepare(call *fakeaws.Call, m *mapping) (err error) {
	if m.EventSourceArn == nil && m.SelfManagedEventSource == nil {
		return invalidParameter(textNoSource)
	}
	if m.EventSourceArn == nil && len(m.SourceAccessConfigurations) == 0 && m.UUID == nil {
		return invalidParameter(textNoAccess)
	}
	if m.filters, err = readFilters(m.FilterCriteria); err != nil {
		return err
	}
	v, err := s.mapped(m)
	if err != nil {
		return err
	}
	switch sourceOf(m.EventSourceArn) {
	case sourceSQS:
		if err := m.prepareQueue(); err != nil {
			return err
		}
		return s.tryQueue(call, m, v)
	case sourceKinesis, sourceDynamoDB:
		if err := s.prepareStream(m); err != nil {
			return err
		}
		if to := m.onFailure(); to != "" {
			if err := s.checkSending(call, m.ref.id, v.roleOf(), to); err != nil {
				return err
			}
		}
		return s.tryStream(call, m, v)
	case sourceKafka, sourceMQ, sourceDocDB:
		m.prepareOther()
		return nil
	}
	return invalidParameter(textNoSource)
}

// mapped finds the version that a mapping invokes.
func (s *Fake) mapped(m *mapping) (*version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[m.ref.id]
	if f == nil {
		return nil, invalidParameter(textNoFunction)
	}
	v, _, ok := f.find(m.ref.qualifier)
	if !ok || v == nil {
		return nil, invalidParameter(textNoFunction)
	}
	found := *v
	return &found, nil
}

func (m *mapping) onFailure() string {
	if m.DestinationConfig == nil || m.DestinationConfig.OnFailure == nil {
		return ""
	}
	return aws.ToString(m.DestinationConfig.OnFailure.Destination)
}

// defaultTo gives a setting its default.
func defaultTo[T any](at **T, value T) {
	if *at == nil {
		*at = &value
	}
}

// The limits of batches of queues ("Creating and configuring an Amazon SQS event source
// mapping" of the developer guide).
const (
	queueBatch    = 10
	maxQueueBatch = 10000
)

// prepareQueue checks the settings of a mapping of a queue.
func (m *mapping) prepareQueue() error {
	switch {
	case m.DestinationConfig != nil && m.onFailure() != "":
		return invalidParameter(textNoDestination)
	case m.StartingPosition != "" || m.StartingPositionTimestamp != nil:
		return invalidParameter(textPosition)
	case m.MaximumRetryAttempts != nil:
		return invalidParameter(textSQSUnused + "MaximumRetryAttempts")
	case m.MaximumRecordAgeInSeconds != nil:
		return invalidParameter(textSQSUnused + "MaximumRecordAgeInSeconds")
	case m.BisectBatchOnFunctionError != nil:
		return invalidParameter(textSQSUnused + "BisectBatchOnFunctionError")
	case m.ParallelizationFactor != nil:
		return invalidParameter(textSQSUnused + "ParallelizationFactor")
	case m.TumblingWindowInSeconds != nil:
		return invalidParameter(textSQSUnused + "TumblingWindowInSeconds")
	}
	defaultTo(&m.BatchSize, queueBatch)
	defaultTo(&m.MaximumBatchingWindowInSeconds, 0)
	switch {
	case fifo(m.EventSourceArn) && m.size() > queueBatch:
		return invalidParameter(textBatchFIFO)
	case fifo(m.EventSourceArn) && m.window() > 0:
		return invalidParameter(textWindowFIFO)
	case m.size() > maxQueueBatch:
		return invalidParameter(textBatchSize)
	case m.size() > queueBatch && m.window() == 0:
		return invalidParameter(textBatchWindow)
	}
	m.DestinationConfig = nil
	return nil
}

// tryQueue makes sure that the execution role may do what polling takes, that there is the
// queue, and that its messages stay hidden for as long as the function may run.
func (s *Fake) tryQueue(call *fakeaws.Call, m *mapping, v *version) error {
	if !s.world.Has(sourceSQS) {
		return errors.New("leastpriv: this World has no SQS, which the event source mapping would poll")
	}
	for _, action := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if !s.roleMay(call, m.ref.id, v.roleOf(), "sqs:"+action, *m.EventSourceArn) {
			return invalidParameter("The function execution role does not have permissions to call " + action + " on SQS")
		}
	}
	own, err := s.session(call, m.ref.id, v.roleOf())
	if err != nil {
		return err
	}
	url := queueURL(*m.EventSourceArn)
	out, err := fakeaws.Do[sqs.GetQueueAttributesOutput](call, s.world, own.actor, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameVisibilityTimeout},
	})
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		return invalidParameter("Error occurred while ReceiveMessage. SQS Error Code: " + api.ErrorCode() + ". SQS Error Message: " + api.ErrorMessage())
	case err != nil:
		return err
	}
	visible, _ := strconv.Atoi(out.Attributes[string(sqstypes.QueueAttributeNameVisibilityTimeout)])
	if limit := int(aws.ToInt32(v.Timeout)); visible < limit {
		return invalidParameter("Queue visibility timeout: " + strconv.Itoa(visible) + " seconds is less than Function timeout: " + strconv.Itoa(limit) + " seconds")
	}
	return nil
}

// queueURL is the URL of a queue by its ARN.
func queueURL(arn string) string {
	const parts = 6
	a := strings.SplitN(arn, ":", parts)
	if len(a) < parts {
		return arn
	}
	return "https://sqs." + a[3] + ".amazonaws.com/" + a[4] + "/" + a[5]
}

// The defaults of streams.
const (
	streamBatch  = 100
	forever      = -1
	oneBatchEach = 1
)

// prepareStream checks the settings of a mapping of a stream.
func (s *Fake) prepareStream(m *mapping) error {
	switch {
	case m.StartingPosition == "":
		return invalidParameter(textNoPosition)
	case (m.StartingPosition == types.EventSourcePositionAtTimestamp) != (m.StartingPositionTimestamp != nil):
		return invalidParameter(textTimestamp)
	case m.StartingPosition == types.EventSourcePositionAtTimestamp && sourceOf(m.EventSourceArn) == sourceDynamoDB:
		return invalidParameter(textNoTimestamp)
	case s.world.StreamSource(sourceOf(m.EventSourceArn)) == nil:
	case aws.ToInt32(m.TumblingWindowInSeconds) != 0:
		return notImplemented("TumblingWindowInSeconds")
	case strings.Contains(*m.EventSourceArn, "/consumer/"):
		return notImplemented("an event source mapping of a consumer with enhanced fan-out")
	}
	defaultTo(&m.BatchSize, streamBatch)
	defaultTo(&m.MaximumBatchingWindowInSeconds, 0)
	defaultTo(&m.MaximumRecordAgeInSeconds, forever)
	defaultTo(&m.MaximumRetryAttempts, forever)
	defaultTo(&m.ParallelizationFactor, oneBatchEach)
	defaultTo(&m.TumblingWindowInSeconds, 0)
	defaultTo(&m.BisectBatchOnFunctionError, false)
	if m.FunctionResponseTypes == nil {
		m.FunctionResponseTypes = []types.FunctionResponseType{}
	}
	if m.DestinationConfig == nil {
		m.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{}}
	}
	return nil
}

// prepareOther gives the mapping of a broker its defaults.
func (m *mapping) prepareOther() {
	defaultTo(&m.BatchSize, streamBatch)
}

// reading are the actions that polling a stream takes, and how errors list them.
var reading = map[string][]string{
	sourceKinesis:  {"GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"},
	sourceDynamoDB: {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
}

// streamPackages are the SDK's packages of what reads streams.
var streamPackages = map[string]string{sourceKinesis: "kinesis", sourceDynamoDB: "dynamodbstreams"}

// tryStream makes sure that the execution role may read a stream. Lists of streams are asked
// for on all of them.
func (s *Fake) tryStream(call *fakeaws.Call, m *mapping, v *version) error {
	service := sourceOf(m.EventSourceArn)
	for _, action := range reading[service] {
		var may bool
		if action == "ListStreams" {
			may = s.mayListStreams(call, m.ref.id, v.roleOf(), service)
		} else {
			may = s.roleMay(call, m.ref.id, v.roleOf(), service+":"+action, *m.EventSourceArn)
		}
		if !may {
			return invalidParameter(m.unreadable())
		}
	}
	if source := s.world.StreamSource(service); source != nil && len(source.StreamShards(*m.EventSourceArn)) == 0 {
		return invalidParameter(textNoStream + *m.EventSourceArn)
	}
	return nil
}

// mayListStreams asks whether the execution role may list streams. Nothing but the making of
// a mapping takes that, so the log has it as a call of the role: else it would look like a
// permission that nobody uses.
func (s *Fake) mayListStreams(call *fakeaws.Call, id functionID, role, service string) bool {
	in, ok := s.world.InputOf(streamPackages[service], "ListStreams")
	if !ok {
		return s.roleMay(call, id, role, service+":ListStreams", "*")
	}
	session, err := s.session(call, id, role)
	if err == nil {
		err = s.world.Check(call, session.actor, in)
	}
	if err != nil {
		call.Help("the execution role " + role + ": " + err.Error())
	}
	return err == nil
}

// unreadable is the text of a stream that the execution role may not read.
func (m *mapping) unreadable() string {
	list := reading[sourceOf(m.EventSourceArn)]
	last := len(list) - 1
	return "Cannot access stream " + *m.EventSourceArn + ". Please ensure the role can perform the " +
		strings.Join(list[:last], ", ") + ", and " + list[last] + " Actions on your stream in IAM."
}
