package dynamodb

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// Texts as DynamoDB answers them.
const (
	textNotFound       = "Requested resource not found"
	textTableNotFound  = "Requested resource not found: Table: %s not found"
	textTagNotFound    = "Requested resource not found: ResourcArn: %s not found" // AWS's spelling
	textExists         = "Table already exists: %s"
	textName           = "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"
	textProtected      = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
	textSchema         = "The provided key element does not match the schema"
	textMissingKey     = "One or more parameter values were invalid: Missing the key %s in the item"
	textKeyType        = "One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s"
	textEmptyKey       = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s"
	textHashSize       = "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes" // as AWS spaces it
	textRangeSize      = "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	textIndexType      = "One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s"
	textIndexEmpty     = "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s"
	textItemSize       = "Item size has exceeded the maximum allowed size"
	textUpdateSize     = "Item size to update has exceeded the maximum allowed size"
	textUpdateKey      = "One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key"
	textConditional    = "The conditional request failed"
	textNoIndex        = "The table does not have the specified index: %s"
	textConsistent     = "Consistent reads are not supported on global secondary indexes"
	textAllProjected   = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
	textNotAll         = "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL"
	textNotProjected   = "One or more parameter values were invalid: Global secondary index %s does not project [%s]"
	textStartKey       = "The provided starting key is invalid"
	textOutside        = "The provided starting key is outside query boundaries based on provided conditions"
	textNoCondition    = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
	textSegment        = "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d"
	textNoSegments     = "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
	textNoSegment      = "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"
	textManyGets       = "Too many items requested for the BatchGetItem call"
	textManyWrites     = "Too many items requested for the BatchWriteItem call"
	textDuplicates     = "Provided list of item keys contains duplicates"
	textOneOperation   = "Transaction request cannot include multiple operations on one item"
	textCancelled      = "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]"
	textDuplicateItem  = "Duplicate primary key exists in table"
	textWhereKeys      = "Where clause does not contain a mandatory equality on all key attributes"
	textNotBoth        = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}"
	textReturnValues   = "Return values set to invalid value"
	textNoPolicy       = "Resource-based policy not found for the provided ResourceArn: %s"
	textThroughputMode = "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
	textNoThroughput   = "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
	textUndefined      = "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]"
	textSuperfluous    = "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
	textSomeUnused     = "One or more parameter values were invalid: Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]"
	textFirstKey       = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
	textSecondKey      = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
	textSameKey        = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
	textLocalSort      = "One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
	textLocalHash      = "One or more parameter values were invalid: Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s"
	textLocalNoSort    = "One or more parameter values were invalid: Index KeySchema does not have a range key for index: %s"
	textDuplicateIndex = "One or more parameter values were invalid: Duplicate index name: %s"
	textStreamOn       = "Table already has an enabled stream: TableName: %s"
	textStreamOff      = "Table has no stream to disable: TableName: %s" //nolint:gosec // no secret
	textTTLOn          = "TimeToLive is already enabled"
	textTTLOff         = "TimeToLive is already disabled"
	textTTLOther       = "TimeToLive is active on a different AttributeName: current AttributeName is %s"
	textNothing        = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
)

// Texts of which no answer of DynamoDB is on record: unverified.
const (
	textStreamType      = "One or more parameter values were invalid: StreamViewType must be specified when StreamEnabled is true, and only then"
	textProjection      = "One or more parameter values were invalid: ProjectionType INCLUDE requires NonKeyAttributes, and no other type has them"
	textManyProjected   = "One or more parameter values were invalid: Number of attributes projected into all secondary indexes exceeds the limit of 100"
	textManyDefinitions = "One or more parameter values were invalid: Number of AttributeDefinitions exceeds what keys can have"
	textManyIndexes     = "One or more parameter values were invalid: Number of %sSecondaryIndexes exceeds per-table limit of %d"
	textOneCreate       = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
	textManyTags        = "One or more parameter values were invalid: Too many tags: a resource has at most 50"
	textTagTwice        = "One or more parameter values were invalid: Duplicate tag key: %s"
	textTagReserved     = "One or more parameter values were invalid: Tag keys cannot begin with aws:"
	textTagKey          = "One or more parameter values were invalid: Tag keys have 1 to 128 characters, and values at most 256"
	textPolicySize      = "Resource-based policy size exceeds the limit of 20 KB"
	textPolicyWrong     = "Invalid policy document: %s"
	textPolicyLock      = "The policy would remove your own permission to change it: set ConfirmRemoveSelfResourceAccess to true"
	textRevision        = "The revision id of the resource-based policy is not %s"
	textARN             = "Invalid %s: %s"
	textARNKind         = "The resource must be a table or a stream of it: %s"
	textBatchEmpty      = "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"
	textBatchTables     = "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Member must have length less than or equal to %d"
	textOneRequest      = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	textOneWrite        = "TransactItems can only contain one of Check, Put, Update or Delete"
	textTransactSize    = "Collection size of transact items has exceeded the maximum allowed size of 4 MB"
	textToken           = "The request has the same ClientRequestToken as an earlier one, and other parameters" //nolint:gosec // no secret
	textSelectWith      = "Cannot specify the %s when choosing to get %s"
	textSpecificNone    = "Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
	textForeign         = "A table is made in the account of its caller: %s"
	textKeysNumber      = "Number of tables of the account exceeds the limit of %d"
	textManyKeys        = "One or more parameter values were invalid: A key has one partition key and one sort key, or up to four of each in a global secondary index"
	textKMS             = "KMS validation error: %s"
	textKeyChanged      = "The encryption of the table is being changed"
	textShard           = "Requested resource not found: Shard does not exist"
	textIterator        = "Invalid ShardIterator"
	textTrimmed         = "The operation attempted to read past the oldest stream record in a shard."
	textExpired         = "Iterator expired. The iterator was created at a time more than 15 minutes ago."
	textSequence        = "Invalid SequenceNumber"
	textManyConditions  = "One or more parameter values were invalid: Too many conditions"
	textManyAttributes  = "One or more parameter values were invalid: Too many attributes in AttributesToGet"
	textNoOperator      = "One or more parameter values were invalid: ComparisonOperator is missing for Attribute: %s"
	textArguments       = "One or more parameter values were invalid: Invalid number of argument(s) for the %s ComparisonOperator"
	textOperatorType    = "One or more parameter values were invalid: ComparisonOperator %s is not valid for %s AttributeValue type"
	textSameTypes       = "One or more parameter values were invalid: AttributeValues inside AttributeValueList must be of same type for the %s ComparisonOperator"
	textLegacyBounds    = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
	textOperatorAlone   = "ConditionalOperator cannot be used without Filter or Expected"
	textOperatorOne     = "ConditionalOperator can only be used when Filter or Expected has two or more elements"
	textEmptyAttribute  = "One or more parameter values were invalid: Empty attribute name"
	textExistsOperator  = "One or more parameter values were invalid: Exists and ComparisonOperator cannot be used together for Attribute: %s"
	textValueList       = "One or more parameter values were invalid: Value and AttributeValueList cannot be used together for Attribute: %s"
	textListOperator    = "One or more parameter values were invalid: AttributeValueList can only be used with a ComparisonOperator for Attribute: %s"
	textValueNot        = "One or more parameter values were invalid: Value cannot be used when Exists is false for Attribute: %s"
	textValueNeeded     = "One or more parameter values were invalid: Value must be provided when Exists is %s for Attribute: %s"
	textAttributeTwice  = "One or more parameter values were invalid: Duplicate value in attribute name: %s"
	textOnlyDelete      = "One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified"
	textDeleteType      = "One or more parameter values were invalid: DELETE action with value is not supported for the type %s"
	textAddType         = "One or more parameter values were invalid: ADD action is not supported for the type %s"
	textOneSource       = "Exactly one of SourceTableArn and SourceTableName must be provided"
	textOneTime         = "Exactly one of RestoreDateTime and UseLatestRestorableTime must be provided"
	textRestoreTime     = "RestoreDateTime is not between EarliestRestorableDateTime and LatestRestorableDateTime"
	textDestinationOn   = "Table is already in ACTIVE status for KinesisStreamingDestination"
	textDestinationOff  = "Table is not in ACTIVE status for KinesisStreamingDestination"
	textNoStream        = "Requested resource not found: Stream: %s not found"
	textNoPrecision     = "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
	textSamePrecision   = "Invalid Request: Precision is already set to the desired value of %s"
	textOrderWhere      = "Must have WHERE clause in the statement when using ORDER BY clause."
	textOrderHash       = "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
	textOrderKey        = "Variable reference %s in ORDER BY clause must be part of the primary key"
	textPartitions      = "The IN operator has more than 50 values of a partition key"
	textExistsAlone     = "EXISTS can only be used in ExecuteTransaction"
	textNextToken       = "Invalid NextToken" //nolint:gosec // no secret
	textMixed           = "A %s must consist of either read statements or write statements"
	textWherePrimary    = "Select statements within %s must specify the primary key in the where clause."
	textTransactReturns = "RETURNING is not supported within ExecuteTransaction"
)

func apiError(code, message string) error {
	return &fakeaws.Error{Code: code, Message: message, Status: http.StatusBadRequest}
}

func invalid(message string) error { return apiError("ValidationException", message) }

func invalidf(format string, args ...any) error { return invalid(fmt.Sprintf(format, args...)) }

func accessDenied(message string) error { return apiError("AccessDeniedException", message) }

// notImplemented names what DynamoDB has and this fake has not.
func notImplemented(what string) error {
	return fakeaws.NotImplemented("dynamodb " + what + " is not implemented")
}

// valid turns what is wrong with a value or an expression into DynamoDB's error.
func valid(err error) error {
	var e value.Error
	if errors.As(err, &e) {
		return invalid(string(e))
	}
	return err
}

func notFound(message string) error { return &types.ResourceNotFoundException{Message: &message} }

func noTable() error { return notFound(textNotFound) }

func noTableNamed(name string) error { return notFound(fmt.Sprintf(textTableNotFound, name)) }

func inUse(message string) error { return &types.ResourceInUseException{Message: &message} }

func limitExceeded(message string) error { return &types.LimitExceededException{Message: &message} }

func noPolicyOf(arn string) error {
	return &types.PolicyNotFoundException{Message: aws.String(fmt.Sprintf(textNoPolicy, arn))}
}

func notFoundf(format string, args ...any) error { return notFound(fmt.Sprintf(format, args...)) }

func noPolicyRevisionOf(revision string) error {
	return &types.PolicyNotFoundException{Message: aws.String(fmt.Sprintf(textRevision, revision))}
}
