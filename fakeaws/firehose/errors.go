package firehose

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that Firehose answers, as its users quote them.
const (
	textNoStream       = "Firehose %s under account %s not found."
	textExists         = "Firehose %s under accountId %s already exists"
	textRole           = "Firehose is unable to assume role %s. Please check the role provided."
	textOneDestination = "Exactly one destination configuration is supported for a Firehose"
	textSource         = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
	textSlow           = "Slow down."
	textVersion        = "Cannot update firehose: %s since the current version id: %s and specified version id: %s do not match"
)

// Texts of which no answer of Firehose is on record: unverified.
const (
	textManyStreams   = "You have already consumed your firehose quota of %d hoses. Firehose names: %s and others."
	textNoSource      = "KinesisStreamSourceConfiguration belongs to the delivery stream type KinesisStreamAsSource, and must be there."
	textNoKinesis     = "The Kinesis stream %s does not exist, or the role %s may not read it."
	textDestination   = "The delivery stream has no destination %s."
	textOtherUpdate   = "The update is of another type of destination than the delivery stream has."
	textRecordsSize   = "Records size exceeds 4 MB limit"
	textManyTags      = "A delivery stream has at most %d tags."
	textTag           = "Tags are not valid: %s."
	textPrefix        = "The %s is not valid: %s."
	textErrorPrefix   = "ErrorOutputPrefix can't be null when Prefix contains expressions"
	textProcessor     = "The processor %s is not valid: %s."
	textBackup        = "S3BackupConfiguration must be there when S3BackupMode is Enabled, which cannot be disabled."
	textKeyARN        = "KeyARN must be there for CUSTOMER_MANAGED_CMK, and for no other type of key."
	textEncryptSource = "Server-side encryption is for delivery streams of the type DirectPut."
)

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDeniedException", Message: message, Status: http.StatusBadRequest}
}

func (id streamID) notFound() error {
	text := fmt.Sprintf(textNoStream, id.name, id.account)
	return &types.ResourceNotFoundException{Message: &text}
}

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

// invalidKey is an error of KMS as Firehose repeats it.
func invalidKey(code, message string) error {
	return &types.InvalidKMSResourceException{Code: &code, Message: &message}
}

func notImplemented(what string) error {
	return fakeaws.NotImplemented("firehose: " + what + " is not implemented")
}

func validation(message string) error {
	return &fakeaws.Error{Code: "ValidationException", Message: message, Status: http.StatusBadRequest}
}

// members has the constraints of the service model.
var members = constraint.NewModel("firehose", constraint.Wording{Error: validation})

// check refuses input that the service model does not admit, in the words of AWS's front
// end.
func check(in any) error { return members.Check(in) }
