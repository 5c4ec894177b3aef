package dynamodb

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/role"
)

func (s *Fake) destinationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.enableKinesisStreamingDestination), bind(s.disableKinesisStreamingDestination), bind(s.describeKinesisStreamingDestination),
		bind(s.updateKinesisStreamingDestination),
	}
}

// A destination is a Kinesis stream that gets the changes of a table.
type destination struct {
	stream    string
	precision types.ApproximateCreationDateTimePrecision
	active    bool
}

// A forward is a change that a destination is to get.
type forward struct {
	table  tableID
	stream string
	body   []byte
	key    string
	due    time.Time
	until  time.Time
}

// replication is who sends changes to Kinesis streams: a role in the account of the table
// (developer guide, "Using service-linked roles for Kinesis Data Streams").
const (
	replication     = "kinesisreplication.dynamodb.amazonaws.com"
	replicationRole = "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication"
)

// How often and for how long a record is tried again: unverified.
const (
	forwardAgain = time.Minute
	forwardLife  = 24 * time.Hour
)

func replicationRoleOf(account string) string {
	return fakeaws.ARN("iam", "", account, "role/aws-service-role/"+replication+"/"+replicationRole)
}

// onDestination plans an operation on the destinations of a table, of which one has a stream:
// nil where the table has none such.
func onDestination[O any](s *Fake, call *fakeaws.Call, name, stream *string, do func(*table, *destination) (O, error)) (*fakeaws.Plan[O], error) {
	parsed, err := awsarn.Parse(*stream)
	if err != nil || parsed.Service != "kinesis" {
		return nil, invalidf(textARN, "StreamArn", *stream)
	}
	t, err := s.target(call, name)
	if err != nil {
		return nil, err
	}
	return planOn(s, t, func(t *table) (O, error) {
		i := slices.IndexFunc(t.destinations, func(d *destination) bool { return d.stream == *stream })
		if i < 0 {
			return do(t, nil)
		}
		return do(t, t.destinations[i])
	}, t.ownNeed(call, "dynamodb:"+call.Operation)), nil
}

// enableKinesisStreamingDestination has a stream get the changes of a table from now on. The
// role by which they are sent is made for the caller, who needs the permission for it.
func (s *Fake) enableKinesisStreamingDestination(call *fakeaws.Call, in *dynamodb.EnableKinesisStreamingDestinationInput) (*fakeaws.Plan[*dynamodb.EnableKinesisStreamingDestinationOutput], error) {
	plan, err := onDestination(s, call, in.TableName, in.StreamArn, func(t *table, d *destination) (*dynamodb.EnableKinesisStreamingDestinationOutput, error) {
		if d != nil && d.active {
			return nil, inUse(textDestinationOn)
		}
		precision := types.ApproximateCreationDateTimePrecisionMillisecond
		if c := in.EnableKinesisStreamingConfiguration; c != nil {
			precision = cmp.Or(c.ApproximateCreationDateTimePrecision, precision)
		}
		if d == nil {
			d = &destination{stream: *in.StreamArn}
			t.destinations = append(t.destinations, d)
		}
		d.active, d.precision = true, precision
		call.Finished()
		return &dynamodb.EnableKinesisStreamingDestinationOutput{
			TableName: &t.id.name, StreamArn: in.StreamArn, DestinationStatus: types.DestinationStatusEnabling,
			EnableKinesisStreamingConfiguration: &types.EnableKinesisStreamingConfiguration{ApproximateCreationDateTimePrecision: precision},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	enable := plan.Do
	plan.Do = func() (*dynamodb.EnableKinesisStreamingDestinationOutput, error) {
		if !s.world.TargetExists(*in.StreamArn) {
			return nil, notFoundf(textNoStream, *in.StreamArn)
		}
		if err := s.needRole(call); err != nil {
			return nil, err
		}
		return enable()
	}
	return plan, nil
}

// needRole has the caller make the role of the destinations, if the account has none. No lock is
// held.
func (s *Fake) needRole(call *fakeaws.Call) error {
	if s.world.Has("iam") {
		if _, ok := s.world.Directory().Role(replicationRoleOf(call.Account)); ok {
			return nil
		}
	}
	_, err := fakeaws.Do[awsiam.CreateServiceLinkedRoleOutput](call, s.world, call.Actor(), &awsiam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(replication)})
	return err
}

func (s *Fake) disableKinesisStreamingDestination(call *fakeaws.Call, in *dynamodb.DisableKinesisStreamingDestinationInput) (*fakeaws.Plan[*dynamodb.DisableKinesisStreamingDestinationOutput], error) {
	return onDestination(s, call, in.TableName, in.StreamArn, func(t *table, d *destination) (*dynamodb.DisableKinesisStreamingDestinationOutput, error) {
		if d == nil || !d.active {
			return nil, inUse(textDestinationOff)
		}
		d.active = false
		s.forwards = slices.DeleteFunc(s.forwards, func(f *forward) bool { return f.table == t.id && f.stream == d.stream })
		call.Finished()
		return &dynamodb.DisableKinesisStreamingDestinationOutput{
			TableName: &t.id.name, StreamArn: in.StreamArn, DestinationStatus: types.DestinationStatusDisabling,
			EnableKinesisStreamingConfiguration: &types.EnableKinesisStreamingConfiguration{ApproximateCreationDateTimePrecision: d.precision},
		}, nil
	})
}

func (s *Fake) updateKinesisStreamingDestination(call *fakeaws.Call, in *dynamodb.UpdateKinesisStreamingDestinationInput) (*fakeaws.Plan[*dynamodb.UpdateKinesisStreamingDestinationOutput], error) {
	return onDestination(s, call, in.TableName, in.StreamArn, func(t *table, d *destination) (*dynamodb.UpdateKinesisStreamingDestinationOutput, error) {
		c := in.UpdateKinesisStreamingConfiguration
		switch {
		case d == nil || !d.active:
			return nil, inUse(textDestinationOff)
		case c == nil || c.ApproximateCreationDateTimePrecision == "":
			return nil, invalid(textNoPrecision)
		case c.ApproximateCreationDateTimePrecision == d.precision:
			return nil, invalidf(textSamePrecision, d.precision)
		}
		d.precision = c.ApproximateCreationDateTimePrecision
		call.Finished()
		return &dynamodb.UpdateKinesisStreamingDestinationOutput{
			TableName: &t.id.name, StreamArn: in.StreamArn, DestinationStatus: types.DestinationStatusUpdating, UpdateKinesisStreamingConfiguration: c,
		}, nil
	})
}

func (s *Fake) describeKinesisStreamingDestination(call *fakeaws.Call, in *dynamodb.DescribeKinesisStreamingDestinationInput) (*fakeaws.Plan[*dynamodb.DescribeKinesisStreamingDestinationOutput], error) {
	return onTable(s, call, in.TableName, func(t *table) (*dynamodb.DescribeKinesisStreamingDestinationOutput, error) {
		out := &dynamodb.DescribeKinesisStreamingDestinationOutput{TableName: &t.id.name, KinesisDataStreamDestinations: []types.KinesisDataStreamDestination{}}
		for _, d := range t.destinations {
			status := types.DestinationStatusDisabled
			if d.active {
				status = types.DestinationStatusActive
			}
			out.KinesisDataStreamDestinations = append(out.KinesisDataStreamDestinations, types.KinesisDataStreamDestination{
				StreamArn: &d.stream, DestinationStatus: status, ApproximateCreationDateTimePrecision: d.precision,
			})
		}
		return out, nil
	})
}

// forward has the destinations of a table get a change. The lock is held.
func (s *Fake) forward(t *table, o outcome, by *streamIdentity) {
	for _, d := range t.destinations {
		if !d.active {
			continue
		}
		now := s.now()
		s.later(&forward{
			table: t.id, stream: d.stream, body: s.changeRecord(t, d, o, by, now), due: now, until: now.Add(forwardLife),
			key: t.keys.of(o.either().attributes())[t.keys.partition.Name].Key(), // that the stream gets the partition key so is unverified
		})
	}
}

// either is the item of a change: as it is, or as it was when it is gone.
func (o outcome) either() *item { return cmp.Or(o.to, o.old) }

// changeRecord is a change as Kinesis streams get it: both images, and times in milliseconds or
// microseconds.
func (s *Fake) changeRecord(t *table, d *destination, o outcome, by *streamIdentity, now time.Time) []byte {
	keys := t.keys.of(o.either().attributes())
	change := map[string]any{"Keys": jsonMap(streamMap(keys)), "ApproximateCreationDateTime": now.UnixMilli()}
	if d.precision == types.ApproximateCreationDateTimePrecisionMicrosecond {
		change["ApproximateCreationDateTime"] = now.UnixMicro()
		change["ApproximateCreationDateTimePrecision"] = string(d.precision)
	}
	size, name := keys.Size(), streamtypes.OperationTypeModify
	if o.to != nil {
		change["NewImage"] = jsonMap(streamMap(o.to.attributes()))
		size += o.to.size
	} else {
		name = streamtypes.OperationTypeRemove
	}
	if o.old != nil {
		change["OldImage"] = jsonMap(streamMap(o.old.attributes()))
		size += o.old.size
	} else {
		name = streamtypes.OperationTypeInsert
	}
	change["SizeBytes"] = size
	var identity any
	if by != nil {
		identity = map[string]string{"principalId": by.principal, "type": by.kind}
	}
	body, _ := json.Marshal(map[string]any{ // texts and numbers have JSON
		"awsRegion": t.id.region, "eventID": s.world.IDs().UUID(), "eventName": name, "userIdentity": identity, "recordFormat": "application/json",
		"tableName": t.id.name, "dynamodb": change, "eventSource": "aws:dynamodb",
	})
	return body
}

// later puts a change among those that are to be sent, in the order of their times. The lock is
// held.
func (s *Fake) later(f *forward) {
	i, _ := slices.BinarySearchFunc(s.forwards, f.due, func(o *forward, due time.Time) int {
		if o.due.After(due) {
			return 1
		}
		return -1 // behind those of the same time
	})
	s.forwards = slices.Insert(s.forwards, i, f)
	s.world.Wake(f.due)
}

// send sends the first change that is due, by the role of the service in the table's account.
// One that fails is tried again.
func (s *Fake) send(ctx context.Context) {
	s.mu.Lock()
	if len(s.forwards) == 0 || s.forwards[0].due.After(s.now()) {
		s.mu.Unlock()
		return
	}
	f := s.forwards[0]
	s.forwards[0], s.forwards = nil, s.forwards[1:]
	s.mu.Unlock()
	if s.deliver(ctx, f) == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	again := *f
	again.due = s.now().Add(forwardAgain)
	if s.active(f) && !again.due.After(f.until) {
		s.later(&again)
	}
}

func (s *Fake) deliver(ctx context.Context, f *forward) error {
	service := fakeaws.ServiceCall{Principal: replication, SourceARN: f.table.arn(), SourceAccount: f.table.account, Region: f.table.region}
	session, err := role.Assume(ctx, s.world, service, replicationRoleOf(f.table.account), "dynamodb")
	if err != nil {
		return err
	}
	_, err = s.world.Deliver(ctx, session.Actor, &fakeaws.Delivery{Target: f.stream, Body: f.body, PartitionKey: f.key})
	return err
}

// active reports whether a change is still to be sent: its destination was not disabled
// meanwhile. The lock is held.
func (s *Fake) active(f *forward) bool {
	t := s.tables[f.table]
	return t != nil && slices.ContainsFunc(t.destinations, func(d *destination) bool { return d.stream == f.stream && d.active })
}
