package lambda

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) mappingOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createEventSourceMapping),
		fakeaws.Bind(s.getEventSourceMapping),
		fakeaws.Bind(s.updateEventSourceMapping),
		fakeaws.Bind(s.deleteEventSourceMapping),
		fakeaws.Bind(s.listEventSourceMappings),
	}
}

// createEventSourceMapping makes a mapping. Lambda tries the source with the execution role
// first, as it will poll it.
func (s *Fake) createEventSourceMapping(call *fakeaws.Call, in *awslambda.CreateEventSourceMappingInput) (*fakeaws.Plan[*awslambda.CreateEventSourceMappingOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "lambda:CreateEventSourceMapping", Resource: "*", ResourceAccount: call.Account}
	need.Context.Set("lambda:FunctionArn", ref.arn())
	requestTags(in.Tags)(&need.Context)
	needs := []fakeaws.Need{need}
	if len(in.Tags) > 0 {
		tag := fakeaws.Need{Action: "lambda:TagResource", Resource: fakeaws.ARN("lambda", call.Region, call.Account, "event-source-mapping:*"), ResourceAccount: call.Account}
		requestTags(in.Tags)(&tag.Context)
		needs = append(needs, tag)
	}
	return &fakeaws.Plan[*awslambda.CreateEventSourceMappingOutput]{Needs: needs, Do: func() (*awslambda.CreateEventSourceMappingOutput, error) {
		m := &mapping{EventSourceMappingConfiguration: *output[types.EventSourceMappingConfiguration](in), place: place{call.Account, call.Region}, ref: ref, tags: maps.Clone(in.Tags)}
		m.FunctionArn = aws.String(ref.arn())
		if err := s.prepare(call, m); err != nil {
			return nil, err
		}
		m.readers = make(map[string]*reader)
		if in.Enabled == nil || *in.Enabled {
			s.start(m)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := s.unique(m); err != nil {
			return nil, err
		}
		m.UUID = aws.String(s.world.IDs().UUID())
		m.EventSourceMappingArn = aws.String(m.arn())
		m.joinGroup()
		m.State = aws.String(stateEnabled)
		if in.Enabled != nil && !*in.Enabled {
			m.State = aws.String(stateDisabled)
		}
		s.touch(m)
		s.mappings[*m.UUID] = m
		if m.EventSourceArn != nil {
			s.world.Watch(*m.EventSourceArn)
		}
		s.world.Wake(s.world.Clock().Now())
		return output[awslambda.CreateEventSourceMappingOutput](m.show(stateCreating)), nil
	}}, nil
}

// joinGroup gives a mapping of Kafka the consumer group of its own id, unless it names one.
func (m *mapping) joinGroup() {
	switch {
	case m.EventSourceArn == nil && m.SelfManagedKafkaEventSourceConfig == nil:
		m.SelfManagedKafkaEventSourceConfig = &types.SelfManagedKafkaEventSourceConfig{ConsumerGroupId: m.UUID}
	case m.EventSourceArn != nil && sourceOf(m.EventSourceArn) == sourceKafka && m.AmazonManagedKafkaEventSourceConfig == nil:
		m.AmazonManagedKafkaEventSourceConfig = &types.AmazonManagedKafkaEventSourceConfig{ConsumerGroupId: m.UUID}
	}
}

// touch notes that a user changed a mapping.
func (s *Fake) touch(m *mapping) {
	m.LastModified = aws.Time(s.world.Clock().Now().Truncate(time.Millisecond))
	m.StateTransitionReason = aws.String("USER_INITIATED")
	if sourceOf(m.EventSourceArn) != sourceSQS {
		m.LastProcessingResult = aws.String("No records processed")
	}
	if service := sourceOf(m.EventSourceArn); reading[service] != nil {
		m.StateTransitionReason = aws.String("User action")
	}
	m.since, m.after = time.Time{}, time.Time{}
}

// unique refuses a second mapping of a source to a function. The lock is held.
func (s *Fake) unique(m *mapping) error {
	for _, id := range slices.Sorted(maps.Keys(s.mappings)) {
		other := s.mappings[id]
		if other.place != m.place || other.ref != m.ref || other.EventSourceArn == nil != (m.EventSourceArn == nil) {
			continue
		}
		if m.EventSourceArn == nil {
			if other.endpoints() == m.endpoints() && slices.Equal(other.Topics, m.Topics) {
				return conflict(`An event source mapping with event source ("` + m.endpoints() + `"), function ("` + m.ref.arn() + `"), topics ("` +
					first(m.Topics) + `") already exists. Please update or delete the existing mapping with UUID ` + id)
			}
			continue
		}
		if *other.EventSourceArn == *m.EventSourceArn {
			return conflict(`An event source mapping with ` + sourceNames[sourceOf(m.EventSourceArn)] + ` arn (" ` + *m.EventSourceArn + ` ") and function (" ` +
				m.ref.id.name + ` ") already exists. Please update or delete the existing mapping with UUID ` + id)
		}
	}
	return nil
}

// sourceNames are the sources as errors name them.
var sourceNames = map[string]string{
	sourceSQS: "SQS", sourceKinesis: "Kinesis", sourceDynamoDB: "DynamoDB", sourceKafka: "Kafka", sourceMQ: "MQ", sourceDocDB: "DocumentDB",
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// A mappingTarget is the mapping of a call, nil where there is none, and the permission on it.
type mappingTarget struct {
	*mapping
	need fakeaws.Need
}

func (s *Fake) mappingAt(call *fakeaws.Call, in any, id *string) (*mappingTarget, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	t := &mappingTarget{need: fakeaws.Need{
		Action: "lambda:" + call.Operation, Resource: fakeaws.ARN("lambda", call.Region, call.Account, "event-source-mapping:"+*id), ResourceAccount: call.Account,
	}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.mappings[*id]; m != nil && m.place == (place{call.Account, call.Region}) {
		t.mapping = m
		t.need.Context.Set("lambda:FunctionArn", aws.ToString(m.FunctionArn))
		m.guard(&t.need)
	}
	return t, nil
}

// there reports whether the mapping that was judged is still there. The lock is held.
func (t *mappingTarget) there(s *Fake) error {
	if t.mapping == nil || s.mappings[*t.UUID] != t.mapping {
		return resourceNotFound(textNoResource)
	}
	return nil
}

func (s *Fake) getEventSourceMapping(call *fakeaws.Call, in *awslambda.GetEventSourceMappingInput) (*fakeaws.Plan[*awslambda.GetEventSourceMappingOutput], error) {
	t, err := s.mappingAt(call, in, in.UUID)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.GetEventSourceMappingOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.GetEventSourceMappingOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.there(s); err != nil {
			return nil, err
		}
		return output[awslambda.GetEventSourceMappingOutput](t.EventSourceMappingConfiguration), nil
	}}, nil
}

// updateEventSourceMapping changes a mapping. What the call does not send stays.
func (s *Fake) updateEventSourceMapping(call *fakeaws.Call, in *awslambda.UpdateEventSourceMappingInput) (*fakeaws.Plan[*awslambda.UpdateEventSourceMappingOutput], error) {
	t, err := s.mappingAt(call, in, in.UUID)
	if err != nil {
		return nil, err
	}
	needs := []fakeaws.Need{t.need}
	if in.FunctionName != nil {
		// That lambda:FunctionArn is asked of both functions is unverified.
		ref, err := refer(call, in.FunctionName, nil)
		if err != nil {
			return nil, err
		}
		other := fakeaws.Need{Action: t.need.Action, Resource: t.need.Resource, ResourceAccount: t.need.ResourceAccount}
		other.Context.Set("lambda:FunctionArn", ref.arn())
		if t.mapping != nil {
			s.mu.Lock()
			t.guard(&other)
			s.mu.Unlock()
		}
		needs = append(needs, other)
	}
	return &fakeaws.Plan[*awslambda.UpdateEventSourceMappingOutput]{Needs: needs, Do: func() (*awslambda.UpdateEventSourceMappingOutput, error) {
		return s.changeMapping(call, t, in)
	}}, nil
}

// changeMapping performs UpdateEventSourceMapping.
func (s *Fake) changeMapping(call *fakeaws.Call, t *mappingTarget, in *awslambda.UpdateEventSourceMappingInput) (*awslambda.UpdateEventSourceMappingOutput, error) {
	s.mu.Lock()
	if err := t.there(s); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	changed := *t.mapping
	s.mu.Unlock()
	if in.FunctionName != nil {
		ref, err := refer(call, in.FunctionName, nil)
		if err != nil {
			return nil, err
		}
		changed.ref, changed.FunctionArn = ref, aws.String(ref.arn())
	}
	changed.change(in)
	if err := s.prepare(call, &changed); err != nil {
		return nil, err
	}
	if in.Enabled != nil && *in.Enabled {
		s.start(&changed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := t.there(s); err != nil {
		return nil, err
	}
	if in.Enabled != nil {
		changed.State = aws.String(stateDisabled)
		if *in.Enabled {
			changed.State = aws.String(stateEnabled)
		}
	}
	s.touch(&changed)
	changed.tags = t.tags
	*t.mapping = changed
	s.world.Wake(s.world.Clock().Now())
	return output[awslambda.UpdateEventSourceMappingOutput](t.show(stateUpdating)), nil
}

// change applies the settings that a call sends.
func (m *mapping) change(in *awslambda.UpdateEventSourceMappingInput) {
	set(&m.BatchSize, in.BatchSize)
	set(&m.BisectBatchOnFunctionError, in.BisectBatchOnFunctionError)
	set(&m.DestinationConfig, in.DestinationConfig)
	set(&m.DocumentDBEventSourceConfig, in.DocumentDBEventSourceConfig)
	set(&m.KMSKeyArn, in.KMSKeyArn)
	set(&m.MaximumBatchingWindowInSeconds, in.MaximumBatchingWindowInSeconds)
	set(&m.MaximumRecordAgeInSeconds, in.MaximumRecordAgeInSeconds)
	set(&m.MaximumRetryAttempts, in.MaximumRetryAttempts)
	set(&m.MetricsConfig, in.MetricsConfig)
	set(&m.ParallelizationFactor, in.ParallelizationFactor)
	set(&m.ProvisionedPollerConfig, in.ProvisionedPollerConfig)
	set(&m.TumblingWindowInSeconds, in.TumblingWindowInSeconds)
	set(&m.LoggingConfig, in.LoggingConfig)
	if in.FilterCriteria != nil {
		m.FilterCriteria = in.FilterCriteria
		if len(in.FilterCriteria.Filters) == 0 {
			m.FilterCriteria = nil
		}
	}
	if in.ScalingConfig != nil {
		m.ScalingConfig = in.ScalingConfig
		if in.ScalingConfig.MaximumConcurrency == nil {
			m.ScalingConfig = nil
		}
	}
	if in.FunctionResponseTypes != nil {
		m.FunctionResponseTypes = slices.Clone(in.FunctionResponseTypes)
	}
	if in.SourceAccessConfigurations != nil {
		m.SourceAccessConfigurations = slices.Clone(in.SourceAccessConfigurations)
	}
}

func (s *Fake) deleteEventSourceMapping(call *fakeaws.Call, in *awslambda.DeleteEventSourceMappingInput) (*fakeaws.Plan[*awslambda.DeleteEventSourceMappingOutput], error) {
	t, err := s.mappingAt(call, in, in.UUID)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.DeleteEventSourceMappingOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.DeleteEventSourceMappingOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.there(s); err != nil {
			return nil, err
		}
		delete(s.mappings, *t.UUID)
		if t.EventSourceArn != nil {
			s.world.Unwatch(*t.EventSourceArn)
		}
		return output[awslambda.DeleteEventSourceMappingOutput](t.show(stateDeleting)), nil
	}}, nil
}

// listEventSourceMappings lists the mappings of the caller's account in the call's region,
// or those of a function or of a source.
func (s *Fake) listEventSourceMappings(call *fakeaws.Call, in *awslambda.ListEventSourceMappingsInput) (*fakeaws.Plan[*awslambda.ListEventSourceMappingsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	var of *reference
	if in.FunctionName != nil {
		ref, err := refer(call, in.FunctionName, nil)
		if err != nil {
			return nil, err
		}
		of = &ref
	}
	return onResource(s, call, in, "*", func() (*awslambda.ListEventSourceMappingsOutput, error) {
		shown := make(map[string]types.EventSourceMappingConfiguration)
		for id, m := range s.mappings {
			if m.place == (place{call.Account, call.Region}) && (of == nil || *of == m.ref) && (in.EventSourceArn == nil || *in.EventSourceArn == aws.ToString(m.EventSourceArn)) {
				shown[id] = m.EventSourceMappingConfiguration
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListEventSourceMappingsOutput{EventSourceMappings: p.Items, NextMarker: p.Next}, nil
	})
}
