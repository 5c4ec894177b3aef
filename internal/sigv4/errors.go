package sigv4

import (
	"net/http"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Reason is why a request was not authenticated, or its body not accepted.
type Reason int

// The reasons. Those after BodyHashMismatch come from Amazon S3 only.
const (
	MissingAuthentication Reason = iota + 1 // no signature where one is needed
	UnsupportedMechanism                    // Signature Version 2 where it is not taken, or not an AWS scheme
	IncompleteVersion2                      // a URL lacks a parameter of Signature Version 2
	InvalidVersion2                         // an Authorization header of Signature Version 2 that cannot be read
	UnsupportedAlgorithm                    // SigV4A, which this module does not verify
	MultipleMechanisms                      // signed in the header and in the query string
	Malformed                               // the signature is not complete or not well-formed
	MissingDate                             // neither X-Amz-Date nor Date
	WrongScope                              // the credential is for another date, region or service
	UnknownKey                              // no such access key
	InactiveKey                             // the access key is switched off
	InvalidToken                            // the session token is not the one of the access key
	MissingToken                            // a temporary access key without session token
	ExpiredSession                          // the session has ended
	ClockSkew                               // signed more than 15 minutes ago, or ahead
	BadSignature                            // the signature is another one
	UnsignedHeaders                         // headers that must be signed are not
	BodyHashMismatch                        // the body is not the one that was signed
	URLExpired                              // the presigned URL is not valid any more, or not yet
	MissingContentHash                      // no X-Amz-Content-Sha256
	InvalidContentHash                      // X-Amz-Content-Sha256 is not one of its values
	MissingLength                           // no X-Amz-Decoded-Content-Length
	InvalidLength                           // X-Amz-Decoded-Content-Length is not a number
	IncompleteBody                          // the body is shorter or longer than announced, or wrongly chunked
	InvalidChunkSize                        // a chunk other than the last is under 8 KiB
	InvalidTrailer                          // X-Amz-Trailer announces something that is not a checksum
	MalformedTrailer                        // the trailer is not the announced one
	TooManyFields                           // a form has more before the file than it may have
	MissingField                            // a form lacks a field that it must have
	InvalidPolicy                           // the policy of a form cannot be read
	PolicyViolated                          // the form is not as its policy demands
	TooLarge                                // the file is larger than the policy allows
	TooSmall                                // the file is smaller than the policy allows
)

// An Error is a failed authentication.
type Error struct {
	Reason Reason
	// CanonicalRequest and StringToSign are what the signature should have been
	// made of; set for BadSignature.
	CanonicalRequest, StringToSign string

	message   string       // as all services but Amazon S3 word it
	s3Message string       // as Amazon S3 words it
	s3Code    string       // where the reason alone does not decide it
	fields    []wire.Field // further elements of Amazon S3's answer
	hint      string       // what a wrong signature is a signature of
}

// Error implements error.
func (e *Error) Error() string {
	w := e.For(S3)
	return "sigv4: " + w.Code + ": " + w.Message
}

// A Style is a way in which AWS services answer a failed authentication.
type Style int

// The styles.
const (
	Query    Style = iota // XML of the Query protocol: IAM, STS, SNS, SQS's older protocol
	SQSJSON               // Amazon SQS's JSON protocol, which keeps the statuses of Query
	JSON                  // other services with JSON 1.0 or 1.1: KMS, DynamoDB
	RESTJSON              // services with REST and JSON: Lambda
	S3                    // Amazon S3
)

// codes are the error codes and statuses of a reason.
type codes struct {
	query       string
	queryStatus int
	s3          string
	s3Status    int
}

// Codes of the Query protocol.
const (
	incompleteSignature = "IncompleteSignature"
	signatureMismatch   = "SignatureDoesNotMatch"
	invalidKey          = "InvalidClientTokenId"
	noAuthentication    = "MissingAuthenticationToken"
	expiredToken        = "ExpiredToken"
	notImplemented      = "NotImplemented"
	invalidRequest      = "InvalidRequest"
	invalidArgument     = "InvalidArgument"
	accessDenied        = "AccessDenied"
)

const (
	badRequest = http.StatusBadRequest
	forbidden  = http.StatusForbidden
)

var codesOf = map[Reason]codes{
	MissingAuthentication: {noAuthentication, forbidden, accessDenied, forbidden},
	// Unverified: what the Query services answer to a scheme that is not theirs.
	UnsupportedMechanism: {noAuthentication, forbidden, invalidRequest, badRequest},
	IncompleteVersion2:   {noAuthentication, forbidden, accessDenied, forbidden},
	InvalidVersion2:      {noAuthentication, forbidden, invalidArgument, badRequest},
	UnsupportedAlgorithm: {notImplemented, http.StatusNotImplemented, notImplemented, http.StatusNotImplemented},
	// Unverified: what the Query services answer when there are two signatures.
	MultipleMechanisms: {incompleteSignature, badRequest, invalidArgument, badRequest},
	Malformed:          {incompleteSignature, badRequest, "AuthorizationHeaderMalformed", badRequest},
	MissingDate:        {incompleteSignature, badRequest, accessDenied, forbidden},
	WrongScope:         {signatureMismatch, forbidden, "AuthorizationHeaderMalformed", badRequest},
	UnknownKey:         {invalidKey, forbidden, "InvalidAccessKeyId", forbidden},
	// Unverified: that an inactive key is answered as an unknown one.
	InactiveKey:  {invalidKey, forbidden, "InvalidAccessKeyId", forbidden},
	InvalidToken: {invalidKey, forbidden, "InvalidToken", badRequest},
	// To S3, a temporary key without its token is an unknown one.
	MissingToken:     {invalidKey, forbidden, "InvalidAccessKeyId", forbidden},
	ExpiredSession:   {expiredToken, forbidden, expiredToken, badRequest},
	ClockSkew:        {signatureMismatch, forbidden, "RequestTimeTooSkewed", forbidden},
	BadSignature:     {signatureMismatch, forbidden, signatureMismatch, forbidden},
	UnsignedHeaders:  {signatureMismatch, forbidden, accessDenied, forbidden},
	BodyHashMismatch: {signatureMismatch, forbidden, "XAmzContentSHA256Mismatch", badRequest},

	URLExpired:         s3Only(accessDenied, forbidden),
	MissingContentHash: s3Only(invalidRequest, badRequest),
	InvalidContentHash: s3Only(invalidArgument, badRequest),
	MissingLength:      s3Only("MissingContentLength", http.StatusLengthRequired),
	InvalidLength:      s3Only(invalidArgument, badRequest), // unverified
	IncompleteBody:     s3Only("IncompleteBody", badRequest),
	InvalidChunkSize:   s3Only("InvalidChunkSizeError", forbidden),
	InvalidTrailer:     s3Only(invalidRequest, badRequest),
	MalformedTrailer:   s3Only("MalformedTrailerError", badRequest),
	TooManyFields:      s3Only("MaxPostPreDataLengthExceededError", badRequest),
	MissingField:       s3Only(invalidArgument, badRequest),
	InvalidPolicy:      s3Only("InvalidPolicyDocument", badRequest),
	PolicyViolated:     s3Only(accessDenied, forbidden),
	TooLarge:           s3Only("EntityTooLarge", badRequest),
	TooSmall:           s3Only("EntityTooSmall", badRequest),
}

func s3Only(code string, status int) codes { return codes{code, status, code, status} }

// exceptions are the names that JSON protocols have for codes of the Query one.
var exceptions = map[string]string{
	incompleteSignature: "IncompleteSignatureException",
	signatureMismatch:   "InvalidSignatureException",
	invalidKey:          "UnrecognizedClientException",
	noAuthentication:    "MissingAuthenticationTokenException",
	expiredToken:        "ExpiredTokenException",
}

// For words the error as a service with that style answers it.
func (e *Error) For(style Style) *wire.Error {
	c := codesOf[e.Reason]
	if style == S3 {
		w := &wire.Error{Code: c.s3, Message: e.s3Message, Status: c.s3Status, Fields: e.fields}
		if e.s3Code != "" {
			w.Code = e.s3Code
		}
		return w
	}
	w := &wire.Error{Code: c.query, Message: e.message, Status: c.queryStatus}
	if style == Query {
		return w
	}
	if name, ok := exceptions[c.query]; ok {
		w.Code = name
	}
	if style == JSON && w.Status == forbidden {
		w.Status = badRequest
	}
	return w
}
