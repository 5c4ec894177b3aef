package firehose

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) streamOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createStream),
		fakeaws.Bind(s.deleteStream),
		fakeaws.Bind(s.describeStream),
		fakeaws.Bind(s.listStreams),
		fakeaws.Bind(s.updateDestination),
	}
}

// maxStreams is how many streams an account has in a Region ("Amazon Data Firehose quota").
const maxStreams = 5000

// createStream makes a stream. AWS's is CREATING for some seconds; here it is there at once.
func (s *Fake) createStream(call *fakeaws.Call, in *awsfirehose.CreateDeliveryStreamInput) (*fakeaws.Plan[*awsfirehose.CreateDeliveryStreamOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	x, err := newStream(call, in)
	if err != nil {
		return nil, err
	}
	create := need("firehose:CreateDeliveryStream", x.id, x)
	create.Context, create.Note = requestTags(in.Tags), ""
	needs := []fakeaws.Need{create}
	if len(in.Tags) > 0 {
		tag := create
		tag.Action = "firehose:TagDeliveryStream"
		needs = append(needs, tag)
	}
	passed := roles(in)
	needs = append(needs, passRoles(x.id, passed)...)
	keyNeeds, keyErr := s.encryptionNeeds(call, x)
	plan := &fakeaws.Plan[*awsfirehose.CreateDeliveryStreamOutput]{Needs: append(needs, keyNeeds...), Do: func() (*awsfirehose.CreateDeliveryStreamOutput, error) {
		if err := s.checkRoles(call, x.id, passed); err != nil {
			return nil, err
		}
		if err := s.checkSource(x); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		names := s.names(call.Account, call.Region)
		switch {
		case s.streams[x.id] != nil:
			return nil, inUse(textExists, x.id.name, x.id.account)
		case len(names) >= maxStreams:
			return nil, limitExceeded(textManyStreams, maxStreams, strings.Join(names[:3], ", "))
		}
		x.created = s.now()
		if x.source != nil {
			x.source.since = x.created
			s.world.Watch(x.source.streamARN)
		}
		s.streams[x.id] = x
		call.Finished()
		return &awsfirehose.CreateDeliveryStreamOutput{DeliveryStreamARN: aws.String(x.id.arn())}, nil
	}}
	return plan.Refusing(keyErr), nil
}

// newStream reads what a new stream is to be.
func newStream(call *fakeaws.Call, in *awsfirehose.CreateDeliveryStreamInput) (*stream, error) {
	x := &stream{id: streamID{call.Account, call.Region, *in.DeliveryStreamName}, kind: types.DeliveryStreamTypeDirectPut, version: 1, hint: in.DirectPutSourceConfiguration}
	if in.DeliveryStreamType != "" {
		x.kind = in.DeliveryStreamType
	}
	switch {
	case x.kind == types.DeliveryStreamTypeMSKAsSource || x.kind == types.DeliveryStreamTypeDatabaseAsSource:
		return nil, notImplemented("DeliveryStreamType " + string(x.kind))
	case (x.kind == types.DeliveryStreamTypeKinesisStreamAsSource) != (in.KinesisStreamSourceConfiguration != nil):
		return nil, invalidArgument(textNoSource)
	case in.KinesisStreamSourceConfiguration != nil:
		c := in.KinesisStreamSourceConfiguration
		x.source = &source{streamARN: *c.KinesisStreamARN, roleARN: *c.RoleARN, read: make(map[string]fakeaws.StreamPosition)}
	}
	if e := in.DeliveryStreamEncryptionConfigurationInput; e != nil {
		if err := x.encrypt(e); err != nil {
			return nil, err
		}
	}
	d, err := newDestination(in)
	if err != nil {
		return nil, err
	}
	x.destination = *d
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	x.tags = tagsOf(in.Tags)
	return x, nil
}

// checkRoles refuses roles that Firehose cannot assume. No lock is held.
func (s *Fake) checkRoles(call *fakeaws.Call, id streamID, roles []string) error {
	for _, r := range roles {
		if _, err := s.assume(call, id, r); err != nil {
			call.Help(err.Error())
			return invalidArgument(textRole, r)
		}
	}
	return nil
}

// deleteStream deletes a stream. What it has not delivered is lost, as when AWS's force
// delete is set.
func (s *Fake) deleteStream(call *fakeaws.Call, in *awsfirehose.DeleteDeliveryStreamInput) (*fakeaws.Plan[*awsfirehose.DeleteDeliveryStreamOutput], error) {
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.DeleteDeliveryStreamOutput, error) {
		x.gone = true
		delete(s.streams, x.id)
		if x.source != nil {
			s.world.Unwatch(x.source.streamARN)
		}
		call.Finished()
		return new(awsfirehose.DeleteDeliveryStreamOutput), nil
	})
	return plan, err
}

func (s *Fake) describeStream(call *fakeaws.Call, in *awsfirehose.DescribeDeliveryStreamInput) (*fakeaws.Plan[*awsfirehose.DescribeDeliveryStreamOutput], error) {
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.DescribeDeliveryStreamOutput, error) {
		d := x.destination
		out := &types.DeliveryStreamDescription{
			DeliveryStreamName: aws.String(x.id.name), DeliveryStreamARN: aws.String(x.id.arn()), DeliveryStreamStatus: types.DeliveryStreamStatusActive,
			DeliveryStreamType: x.kind, VersionId: aws.String(strconv.Itoa(x.version)), CreateTimestamp: aws.Time(x.created), HasMoreDestinations: aws.Bool(false),
			DeliveryStreamEncryptionConfiguration: x.encryption(), Source: x.describeSource(), Destinations: []types.DestinationDescription{},
		}
		if !x.updated.IsZero() {
			out.LastUpdateTimestamp = aws.Time(x.updated)
		}
		if in.ExclusiveStartDestinationId == nil || *in.ExclusiveStartDestinationId < destinationID {
			out.Destinations = append(out.Destinations, types.DestinationDescription{
				DestinationId: aws.String(destinationID), ExtendedS3DestinationDescription: &d,
				S3DestinationDescription: &types.S3DestinationDescription{
					BucketARN: d.BucketARN, RoleARN: d.RoleARN, BufferingHints: d.BufferingHints, CloudWatchLoggingOptions: d.CloudWatchLoggingOptions,
					CompressionFormat: d.CompressionFormat, EncryptionConfiguration: d.EncryptionConfiguration, ErrorOutputPrefix: d.ErrorOutputPrefix, Prefix: d.Prefix,
				},
			})
		}
		return &awsfirehose.DescribeDeliveryStreamOutput{DeliveryStreamDescription: out}, nil
	})
	return plan, err
}

func (x *stream) describeSource() *types.SourceDescription {
	switch {
	case x.source != nil:
		return &types.SourceDescription{KinesisStreamSourceDescription: &types.KinesisStreamSourceDescription{
			KinesisStreamARN: aws.String(x.source.streamARN), RoleARN: aws.String(x.source.roleARN), DeliveryStartTimestamp: aws.Time(x.source.since),
		}}
	case x.hint != nil:
		return &types.SourceDescription{DirectPutSourceDescription: &types.DirectPutSourceDescription{ThroughputHintInMBs: x.hint.ThroughputHintInMBs}}
	}
	return nil
}

// names are the names of the streams of an account in a region, in order. The lock is held.
func (s *Fake) names(account, region string) []string {
	var names []string
	for id := range maps.Keys(s.streams) {
		if id.account == account && id.region == region {
			names = append(names, id.name)
		}
	}
	slices.Sort(names)
	return names
}

// defaultListed is how many streams a call lists that asks for no number.
const defaultListed = 10

func (s *Fake) listStreams(call *fakeaws.Call, in *awsfirehose.ListDeliveryStreamsInput) (*fakeaws.Plan[*awsfirehose.ListDeliveryStreamsOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	list := fakeaws.Need{Action: "firehose:ListDeliveryStreams", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*awsfirehose.ListDeliveryStreamsOutput]{Needs: []fakeaws.Need{list}, Do: func() (*awsfirehose.ListDeliveryStreamsOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		limit := defaultListed
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		out := &awsfirehose.ListDeliveryStreamsOutput{DeliveryStreamNames: []string{}, HasMoreDeliveryStreams: aws.Bool(false)}
		for _, name := range s.names(call.Account, call.Region) {
			x := s.streams[streamID{call.Account, call.Region, name}]
			if in.ExclusiveStartDeliveryStreamName != nil && name <= *in.ExclusiveStartDeliveryStreamName || in.DeliveryStreamType != "" && in.DeliveryStreamType != x.kind {
				continue
			}
			if len(out.DeliveryStreamNames) == limit {
				out.HasMoreDeliveryStreams = aws.Bool(true)
				break
			}
			out.DeliveryStreamNames = append(out.DeliveryStreamNames, name)
		}
		return out, nil
	}}, nil
}

// updateDestination changes the destination of a stream.
func (s *Fake) updateDestination(call *fakeaws.Call, in *awsfirehose.UpdateDestinationInput) (*fakeaws.Plan[*awsfirehose.UpdateDestinationOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	update, older := in.ExtendedS3DestinationUpdate, in.S3DestinationUpdate //nolint:staticcheck // programs still send it
	switch {
	case update != nil && older != nil:
		return nil, invalidArgument(textOneDestination)
	case older != nil:
		update = extendedUpdate(older)
	case update == nil:
		return nil, invalidArgument(textOtherUpdate)
	}
	passed := roles(in)
	x, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.UpdateDestinationOutput, error) {
		version := strconv.Itoa(x.version)
		switch {
		case *in.CurrentDeliveryStreamVersionId != version:
			return nil, &types.ConcurrentModificationException{Message: aws.String(fmt.Sprintf(textVersion, x.id.name, version, *in.CurrentDeliveryStreamVersionId))}
		case *in.DestinationId != destinationID:
			return nil, invalidArgument(textDestination, *in.DestinationId)
		case x.destination.S3BackupMode == types.S3BackupModeEnabled && update.S3BackupMode == types.S3BackupModeDisabled:
			return nil, invalidArgument(textBackup)
		}
		changed := x.destination
		merge(&changed, update)
		if err := checkDestination(&changed); err != nil {
			return nil, err
		}
		x.destination, x.updated = changed, s.now()
		x.version++
		s.wake(x)
		return new(awsfirehose.UpdateDestinationOutput), nil
	})
	if err != nil || x == nil {
		return plan, err
	}
	plan.Needs = append(plan.Needs, passRoles(x.id, passed)...)
	perform := plan.Do
	plan.Do = func() (*awsfirehose.UpdateDestinationOutput, error) {
		if err := s.checkRoles(call, x.id, passed); err != nil {
			return nil, err
		}
		return perform()
	}
	return plan, nil
}
