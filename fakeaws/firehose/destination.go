package firehose

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// The buffering hints of a destination that was given none.
const (
	defaultSize     = 5
	defaultInterval = 300
)

// destinationID is that of the only destination that a stream has.
const destinationID = "destinationId-000000000001"

// newDestination reads the destination of a new stream. Only S3 is there.
func newDestination(in *awsfirehose.CreateDeliveryStreamInput) (*types.ExtendedS3DestinationDescription, error) {
	var named []string
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if strings.HasSuffix(name, "DestinationConfiguration") && !v.Field(i).IsNil() {
			named = append(named, name)
		}
	}
	if len(named) != 1 {
		return nil, invalidArgument(textOneDestination)
	}
	d := &types.ExtendedS3DestinationDescription{
		BufferingHints: &types.BufferingHints{}, CompressionFormat: types.CompressionFormatUncompressed, S3BackupMode: types.S3BackupModeDisabled,
		EncryptionConfiguration:  &types.EncryptionConfiguration{NoEncryptionConfig: types.NoEncryptionConfigNoEncryption},
		CloudWatchLoggingOptions: &types.CloudWatchLoggingOptions{Enabled: aws.Bool(false)},
	}
	switch {
	case in.ExtendedS3DestinationConfiguration != nil:
		c := in.ExtendedS3DestinationConfiguration
		merge(d, &types.ExtendedS3DestinationUpdate{
			BucketARN: c.BucketARN, RoleARN: c.RoleARN, BufferingHints: c.BufferingHints, CloudWatchLoggingOptions: c.CloudWatchLoggingOptions,
			CompressionFormat: c.CompressionFormat, CustomTimeZone: c.CustomTimeZone, DataFormatConversionConfiguration: c.DataFormatConversionConfiguration,
			DynamicPartitioningConfiguration: c.DynamicPartitioningConfiguration, EncryptionConfiguration: c.EncryptionConfiguration,
			ErrorOutputPrefix: c.ErrorOutputPrefix, FileExtension: c.FileExtension, Prefix: c.Prefix,
			ProcessingConfiguration: c.ProcessingConfiguration, S3BackupMode: c.S3BackupMode, S3BackupUpdate: updateOf(c.S3BackupConfiguration),
		})
	case in.S3DestinationConfiguration != nil: //nolint:staticcheck // programs still send it
		merge(d, extendedUpdate(updateOf(in.S3DestinationConfiguration))) //nolint:staticcheck // as above
	default:
		return nil, notImplemented(named[0])
	}
	return d, checkDestination(d)
}

// updateOf is a configuration as an update.
func updateOf(c *types.S3DestinationConfiguration) *types.S3DestinationUpdate {
	if c == nil {
		return nil
	}
	return &types.S3DestinationUpdate{
		BucketARN: c.BucketARN, RoleARN: c.RoleARN, BufferingHints: c.BufferingHints, CloudWatchLoggingOptions: c.CloudWatchLoggingOptions,
		CompressionFormat: c.CompressionFormat, EncryptionConfiguration: c.EncryptionConfiguration, ErrorOutputPrefix: c.ErrorOutputPrefix, Prefix: c.Prefix,
	}
}

// extendedUpdate is an update of an S3 destination as one of an extended destination.
func extendedUpdate(u *types.S3DestinationUpdate) *types.ExtendedS3DestinationUpdate {
	return &types.ExtendedS3DestinationUpdate{
		BucketARN: u.BucketARN, RoleARN: u.RoleARN, BufferingHints: u.BufferingHints, CloudWatchLoggingOptions: u.CloudWatchLoggingOptions,
		CompressionFormat: u.CompressionFormat, EncryptionConfiguration: u.EncryptionConfiguration, ErrorOutputPrefix: u.ErrorOutputPrefix, Prefix: u.Prefix,
	}
}

// merge puts what an update gives in place of what a destination has, and leaves the rest:
// "If the destination type is the same, Firehose merges the configuration parameters
// specified with the destination configuration that already exists on the delivery stream."
func merge(d *types.ExtendedS3DestinationDescription, u *types.ExtendedS3DestinationUpdate) {
	set(&d.BucketARN, u.BucketARN)
	set(&d.RoleARN, u.RoleARN)
	set(&d.CloudWatchLoggingOptions, u.CloudWatchLoggingOptions)
	set(&d.CustomTimeZone, u.CustomTimeZone)
	set(&d.DataFormatConversionConfiguration, u.DataFormatConversionConfiguration)
	set(&d.DynamicPartitioningConfiguration, u.DynamicPartitioningConfiguration)
	set(&d.EncryptionConfiguration, u.EncryptionConfiguration)
	set(&d.ErrorOutputPrefix, u.ErrorOutputPrefix)
	set(&d.FileExtension, u.FileExtension)
	set(&d.Prefix, u.Prefix)
	set(&d.ProcessingConfiguration, u.ProcessingConfiguration)
	d.BufferingHints = mergedHints(d.BufferingHints, u.BufferingHints)
	if u.CompressionFormat != "" {
		d.CompressionFormat = u.CompressionFormat
	}
	if u.S3BackupMode != "" {
		d.S3BackupMode = u.S3BackupMode
	}
	if b := u.S3BackupUpdate; b != nil {
		backup := &types.S3DestinationDescription{CompressionFormat: types.CompressionFormatUncompressed,
			EncryptionConfiguration: &types.EncryptionConfiguration{NoEncryptionConfig: types.NoEncryptionConfigNoEncryption}}
		if d.S3BackupDescription != nil {
			*backup = *d.S3BackupDescription
		}
		set(&backup.BucketARN, b.BucketARN)
		set(&backup.RoleARN, b.RoleARN)
		set(&backup.CloudWatchLoggingOptions, b.CloudWatchLoggingOptions)
		set(&backup.EncryptionConfiguration, b.EncryptionConfiguration)
		set(&backup.ErrorOutputPrefix, b.ErrorOutputPrefix)
		set(&backup.Prefix, b.Prefix)
		backup.BufferingHints = mergedHints(backup.BufferingHints, b.BufferingHints)
		if b.CompressionFormat != "" {
			backup.CompressionFormat = b.CompressionFormat
		}
		d.S3BackupDescription = backup
	}
}

// set puts a value in place of another where there is one.
func set[T any](at **T, value *T) {
	if value != nil {
		*at = value
	}
}

// mergedHints are buffering hints with others in their place, and the defaults.
func mergedHints(before, after *types.BufferingHints) *types.BufferingHints {
	merged := types.BufferingHints{SizeInMBs: aws.Int32(defaultSize), IntervalInSeconds: aws.Int32(defaultInterval)}
	for _, hints := range []*types.BufferingHints{before, after} {
		if hints != nil {
			set(&merged.SizeInMBs, hints.SizeInMBs)
			set(&merged.IntervalInSeconds, hints.IntervalInSeconds)
		}
	}
	return &merged
}

// checkDestination refuses what S3 destinations do not have, and what is not there.
func checkDestination(d *types.ExtendedS3DestinationDescription) error {
	switch {
	case d.DataFormatConversionConfiguration != nil && aws.ToBool(d.DataFormatConversionConfiguration.Enabled):
		return notImplemented("DataFormatConversionConfiguration")
	case d.DynamicPartitioningConfiguration != nil && aws.ToBool(d.DynamicPartitioningConfiguration.Enabled):
		return notImplemented("DynamicPartitioningConfiguration")
	case aws.ToString(d.CustomTimeZone) != "" && *d.CustomTimeZone != "UTC":
		return notImplemented("CustomTimeZone " + *d.CustomTimeZone)
	case d.S3BackupMode == types.S3BackupModeEnabled && d.S3BackupDescription == nil:
		return invalidArgument(textBackup)
	}
	formats := []types.CompressionFormat{d.CompressionFormat}
	if b := d.S3BackupDescription; b != nil {
		formats = append(formats, b.CompressionFormat)
		if err := checkPrefixes(aws.ToString(b.Prefix), "!{firehose:error-output-type}"); err != nil {
			return err
		}
	}
	for _, format := range formats {
		if format != types.CompressionFormatUncompressed && format != types.CompressionFormatGzip {
			return notImplemented("CompressionFormat " + string(format))
		}
	}
	if err := checkProcessors(d); err != nil {
		return err
	}
	return checkPrefixes(aws.ToString(d.Prefix), aws.ToString(d.ErrorOutputPrefix))
}

// processors are those of a destination; none where processing is not enabled.
func processors(d *types.ExtendedS3DestinationDescription) []types.Processor {
	if c := d.ProcessingConfiguration; c != nil && aws.ToBool(c.Enabled) {
		return c.Processors
	}
	return nil
}

// parameter is the value of a parameter of a processor; empty where it has none.
func parameter(p *types.Processor, name types.ProcessorParameterName) string {
	for _, q := range p.Parameters {
		if q.ParameterName == name {
			return aws.ToString(q.ParameterValue)
		}
	}
	return ""
}

// maxRetries is how often Firehose invokes a function again at most.
const maxRetries = 300

// checkProcessors refuses processors that are not there, and functions that cannot be.
func checkProcessors(d *types.ExtendedS3DestinationDescription) error {
	for _, p := range processors(d) {
		switch p.Type {
		case types.ProcessorTypeAppendDelimiterToRecord:
		case types.ProcessorTypeLambda:
			function, err := awsarn.Parse(parameter(&p, types.ProcessorParameterNameLambdaArn))
			if err != nil || function.Service != "lambda" || !strings.HasPrefix(function.Resource, "function:") {
				return invalidArgument(textProcessor, p.Type, "LambdaArn is not the ARN of a function")
			}
			if text := parameter(&p, types.ProcessorParameterNameLambdaNumberOfRetries); text != "" {
				if n, err := strconv.Atoi(text); err != nil || n < 0 || n > maxRetries {
					return invalidArgument(textProcessor, p.Type, "NumberOfRetries is not between 0 and 300")
				}
			}
		default:
			return notImplemented("the processor " + string(p.Type))
		}
	}
	return nil
}

// roles are the roles that a request hands to Firehose: all members called RoleARN, wherever
// they are, and those of processors.
func roles(in any) []string {
	var all []string
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if p, ok := v.Interface().(types.ProcessorParameter); ok {
				if p.ParameterName == types.ProcessorParameterNameRoleArn && p.ParameterValue != nil {
					all = append(all, *p.ParameterValue)
				}
				return
			}
			for i := range v.NumField() {
				field := v.Type().Field(i)
				if !field.IsExported() {
					continue
				}
				if role, ok := v.Field(i).Interface().(*string); ok && field.Name == "RoleARN" && role != nil {
					all = append(all, *role)
				} else {
					walk(v.Field(i))
				}
			}
		}
	}
	walk(reflect.ValueOf(in))
	return unique(all)
}

func unique(all []string) []string {
	seen := make(map[string]bool, len(all))
	kept := all[:0]
	for _, text := range all {
		if !seen[text] {
			kept = append(kept, text)
		}
		seen[text] = true
	}
	return kept
}

// passRoles are the permissions to pass the roles of a request to Firehose.
func passRoles(id streamID, roles []string) []fakeaws.Need {
	needs := make([]fakeaws.Need, len(roles))
	for i, role := range roles {
		parsed, _ := awsarn.Parse(role) // one that is none is denied
		needs[i] = fakeaws.Need{Action: "iam:PassRole", Resource: role, ResourceAccount: parsed.AccountID}
		needs[i].Context.Set("iam:PassedToService", principal)
		needs[i].Context.Set("iam:AssociatedResourceArn", id.arn())
	}
	return needs
}
