package wire

import (
	"net/http"

	"github.com/aws/smithy-go"
)

// An Error is an AWS error that the SDK has no type for, or one whose body has
// more elements than the SDK's type.
type Error struct {
	Code    string // as on the wire: "NoSuchBucketPolicy"
	Message string
	// Status is the HTTP status; 0 takes the schema's, else 400.
	Status int
	// Fields are further elements of an XML error, in order: BucketName, Resource.
	Fields []Field
	// Header has further headers of the answer: x-amz-delete-marker of a 404,
	// ETag of a 304.
	Header http.Header
}

// A Field is one element of an XML error body.
type Field struct{ Name, Value string }

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode implements smithy.APIError.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage implements smithy.APIError.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault implements smithy.APIError.
func (e *Error) ErrorFault() smithy.ErrorFault {
	if e.Status >= 500 {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}
