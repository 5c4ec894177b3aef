package kinesis

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that Kinesis answers, as its users quote them.
const (
	textNoStream      = "Stream %s under account %s not found."
	textStreamExists  = "Stream %s under account %s already exists."
	textNoShard       = "Could not find shard %s in stream %s under account %s."
	textShardGone     = "Shard %s in stream %s under account %s does not exist"
	textIterator      = "Invalid ShardIterator."
	textExpired       = "Iterator expired. The iterator was created at time %s while right now it is %s which is further in the future than the tolerated delay of 300000 milliseconds."
	textFuture        = "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d"
	textForeign       = "StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is invalid because it did not come from this stream."
	textSequence      = "StartingSequenceNumber %s used in %s on shard %s in stream %s under account %s is invalid."
	textSplit         = "NewStartingHashKey %s used in SplitShard() on shard %s in stream %s under account %s is not both greater than one plus the shard's StartingHashKey %s and less than the shard's EndingHashKey %s."
	textMerge         = "Shards %s and %s in stream %s under account %s are not an adjacent pair of shards eligible for merging"
	textShort         = "Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short."
	textLong          = "Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long."
	textNotLonger     = "Requested retention period (%d hours) for stream %s can not be longer than existing retention period (%d hours). Use IncreaseRetentionPeriod API."
	textNotShorter    = "Requested retention period (%d hours) for stream %s can not be shorter than existing retention period (%d hours). Use DecreaseRetentionPeriod API."
	textTokenAndName  = "NextToken and StreamName cannot be provided together."
	textHashKey       = "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s"
	textManyShards    = "This request would exceed the shard limit for the account %s in %s. Current shard count for the account: %d. Limit: %d. Number of additional shards that would have resulted from this request: %d. Refer to the AWS Service Limits page (https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits."
	textRate          = "Rate exceeded for stream."
	textStartRequired = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER iterator type and StartingSequenceNumber parameter or (2) TRIM_HORIZON or LATEST iterator type and no StartingSequenceNumber parameter. Request specified %s iterator type and %s StartingSequenceNumber parameter."
)

// textNoKey is that of the front end for a member that is missing.
const textNoKey = "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null"

// Texts of which no answer of Kinesis is on record: unverified.
const (
	textNoName         = "Either StreamARN or StreamName must be provided."
	textTwoNames       = "StreamARN and StreamName name different streams."
	textStreamARN      = "StreamARN %s is not the ARN of a stream in this Region."
	textConsumerARN    = "ConsumerARN %s is not the ARN of a consumer in this Region."
	textOnDemand       = "%s is not supported for data streams with the on-demand capacity mode."
	textProvisioned    = "%s is not supported for data streams with the provisioned capacity mode."
	textNoShardCount   = "ShardCount must be specified for streams in PROVISIONED mode."
	textShardCount     = "ShardCount cannot be specified for streams in ON_DEMAND mode."
	textManyStreams    = "This request would exceed the on-demand stream limit for the account %s in %s. Limit: %d."
	textHasConsumers   = "Stream %s under account %s has consumers. Use EnforceConsumerDeletion to delete it with them."
	textRecordSize     = "The record with its partition key is longer than the maximum record size of the stream, %d KiB."
	textRecordsSize    = "Records size exceeds 10 MB limit."
	textTimestamp      = "Timestamp must be specified with the iterator type AT_TIMESTAMP, and with no other."
	textIteratorStream = "The ShardIterator is not one of StreamARN %s."
	textListToken      = "Invalid NextToken."
	textListExpired    = "NextToken has expired. A token is good for 300 seconds."
	textNoListName     = "Either NextToken or the name of a stream must be provided."
	textFilter         = "Invalid ShardFilter: %s."
	textNoConsumer     = "Consumer %s under stream %s not found."
	textConsumerExists = "Consumer %s under stream %s already exists."
	textManyConsumers  = "Stream %s under account %s has the most consumers that it can have, %d."
	textConsumerNames  = "Either ConsumerARN, or StreamARN and ConsumerName, must be provided."
	textSubscribed     = "Consumer %s has subscribed to shard %s less than 5 seconds ago."
	textTakenOver      = "Another call of SubscribeToShard has taken the subscription of consumer %s to shard %s over."
	textManyTags       = "Failed to add tags to the resource: it would have more than %d tags."
	textTag            = "Invalid tag: keys have 1 to 128 characters and do not begin with aws:, values have up to 256."
	textResource       = "ResourceARN %s is not the ARN of a stream or a consumer in this Region."
	textPolicy         = "The resource policy is not valid."
	textPolicyMatch    = "A statement of the resource policy names other resources than the one that the policy is attached to."
	textNoPolicy       = "No resource policy found for resource ARN %s."
	textPrincipal      = "The resource policy names a principal that does not exist."
	textTargetCount    = "TargetShardCount must be between %d and %d, half and double of the current open shard count."
	textScaled         = "UpdateShardCount can scale a stream at most %d times in 24 hours."
	textEncrypted      = "EncryptionType must be KMS."
	textNotEncrypted   = "Stream %s under account %s is not encrypted with key %s."
	textCommitment     = "The account has no MinimumThroughputBillingCommitment."
	textMetrics        = "ShardLevelMetrics are missing or unknown."
	textDryRun         = "The request would have succeeded, but the DryRun parameter is set."
	textMinimum        = "The minimum throughput billing commitment cannot end before 24 hours."
)

func notFound(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.ResourceNotFoundException{Message: &text}
}

func (id streamID) notFound() error { return notFound(textNoStream, id.name, id.account) }

func inUse(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.ResourceInUseException{Message: &text}
}

func invalidArgument(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.InvalidArgumentException{Message: &text}
}

func limitExceeded(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.LimitExceededException{Message: &text}
}

func invalid(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.ValidationException{Message: &text}
}

func dryRun() error {
	text := textDryRun
	return &types.DryRunOperationException{Message: &text}
}

func notImplemented(what string) error {
	return fakeaws.NotImplemented("kinesis: " + what + " is not implemented")
}

// members has the constraints of the service model.
var members = constraint.NewModel("kinesis", constraint.Wording{Error: func(message string) error { return invalid("%s", message) }})

// check refuses input that the service model does not admit, in the words of AWS's front
// end.
func check(in any) error { return members.Check(in) }
