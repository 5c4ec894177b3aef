package s3

import (
	"net/http"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An s3Error is an error of S3: its code, HTTP status and usual text. S3's errors
// name what they are about in further elements of the body, which the SDK's
// modeled types have no fields for; clients get the modeled type by the code.
type s3Error struct {
	code   string
	status int
	text   string
}

// of returns the error with its usual text. Fields are names and values by turns.
func (e s3Error) of(fields ...string) error { return e.withText(e.text, fields...) }

// withText returns the error with a text of its own.
func (e s3Error) withText(text string, fields ...string) error {
	answer := &fakeaws.Error{Code: e.code, Message: text, Status: e.status}
	for i := 0; i+1 < len(fields); i += 2 {
		answer.Fields = append(answer.Fields, fakeaws.Field{Name: fields[i], Value: fields[i+1]})
	}
	return answer
}

// withHeaders adds headers to the answer of an error: all that a HEAD request gets to
// see. Pairs are names and values by turns.
func withHeaders(err error, pairs ...string) error {
	e, ok := err.(*fakeaws.Error) // fresh from of or withText
	if !ok {
		return err
	}
	e.Header = make(http.Header, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Header.Set(pairs[i], pairs[i+1])
	}
	return e
}

// The errors of the S3 API reference's page "Error responses"; texts and fields
// as the service prints them.
var (
	errAccessDenied         = s3Error{"AccessDenied", http.StatusForbidden, "Access Denied"}
	errACLNotSupported      = s3Error{"AccessControlListNotSupported", http.StatusBadRequest, "The bucket does not allow ACLs"}
	errBadDigest            = s3Error{"BadDigest", http.StatusBadRequest, "The Content-MD5 you specified did not match what we received."}
	errBadRequest           = s3Error{"BadRequest", http.StatusBadRequest, ""}
	errBucketExists         = s3Error{"BucketAlreadyExists", http.StatusConflict, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."}
	errBucketNotEmpty       = s3Error{"BucketNotEmpty", http.StatusConflict, "The bucket you tried to delete is not empty"}
	errBucketOwned          = s3Error{"BucketAlreadyOwnedByYou", http.StatusConflict, "Your previous request to create the named bucket succeeded and you already own it."}
	errEntityTooLarge       = s3Error{"EntityTooLarge", http.StatusBadRequest, "Your proposed upload exceeds the maximum allowed size"}
	errIllegalVersioning    = s3Error{"IllegalVersioningConfigurationException", http.StatusBadRequest, "The Versioning element must be specified"}
	errInvalidBucketState   = s3Error{"InvalidBucketState", http.StatusConflict, "The request is not valid with the current state of the bucket."}
	errMFARequired          = s3Error{"AccessDenied", http.StatusForbidden, "Mfa Authentication must be used for this request"}
	errMFAInvalid           = s3Error{"AccessDenied", http.StatusForbidden, "MFA Authentication failed"} // text unverified
	errNotBucketOwner       = s3Error{"AccessDenied", http.StatusForbidden, "This operation may only be performed by the bucket owner"}
	errNotDeviceOwner       = s3Error{"NotDeviceOwnerError", http.StatusBadRequest, "The device that generated the token is not owned by the authenticated user."}
	errIllegalLocation      = s3Error{"IllegalLocationConstraintException", http.StatusBadRequest, ""}
	errIncompleteBody       = s3Error{"IncompleteBody", http.StatusBadRequest, "You did not provide the number of bytes specified by the Content-Length HTTP header"}
	errInvalidArgument      = s3Error{"InvalidArgument", http.StatusBadRequest, "Invalid Argument"}
	errInternal             = s3Error{"InternalError", http.StatusInternalServerError, "We encountered an internal error. Please try again."}
	errInvalidACLOwnership  = s3Error{"InvalidBucketAclWithObjectOwnership", http.StatusBadRequest, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"}
	errInvalidBucketName    = s3Error{"InvalidBucketName", http.StatusBadRequest, "The specified bucket is not valid."}
	errInvalidBucketOwner   = s3Error{"InvalidBucketOwnerAWSAccountID", http.StatusBadRequest, "The value of the expected bucket owner parameter must be an AWS Account ID..."}
	errInvalidDigest        = s3Error{"InvalidDigest", http.StatusBadRequest, "The Content-MD5 you specified was invalid."}
	errInvalidEncryption    = s3Error{"InvalidEncryptionAlgorithmError", http.StatusBadRequest, "The Encryption request you specified is not valid. Supported value: AES256."}
	errWrongCustomerKey     = s3Error{"AccessDenied", http.StatusForbidden, "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key."}
	errInvalidLocation      = s3Error{"InvalidLocationConstraint", http.StatusBadRequest, "The specified location-constraint is not valid"}
	errInvalidObjectState   = s3Error{"InvalidObjectState", http.StatusForbidden, "The operation is not valid for the object's storage class"}
	errInvalidPartNumber    = s3Error{"InvalidPartNumber", http.StatusRequestedRangeNotSatisfiable, "The requested partnumber is not satisfiable"}
	errInvalidRange         = s3Error{"InvalidRange", http.StatusRequestedRangeNotSatisfiable, "The requested range is not satisfiable"}
	errInvalidRedirect      = s3Error{"InvalidRedirectLocation", http.StatusBadRequest, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."}
	errInvalidRequest       = s3Error{"InvalidRequest", http.StatusBadRequest, ""}
	errInvalidStorageClass  = s3Error{"InvalidStorageClass", http.StatusBadRequest, "The storage class you specified is not valid"}
	errInvalidTag           = s3Error{"InvalidTag", http.StatusBadRequest, ""}
	errKeyTooLong           = s3Error{"KeyTooLongError", http.StatusBadRequest, "Your key is too long"}
	errKMSNotFound          = s3Error{"KMS.NotFoundException", http.StatusBadRequest, ""}
	errLocked               = s3Error{"AccessDenied", http.StatusForbidden, "Access Denied because object protected by object lock."}
	errNoLockConfiguration  = s3Error{"ObjectLockConfigurationNotFoundError", http.StatusNotFound, "Object Lock configuration does not exist for this bucket"}
	errNoObjectLock         = s3Error{"NoSuchObjectLockConfiguration", http.StatusNotFound, "The specified object does not have a ObjectLock configuration"}
	errMalformedPolicy      = s3Error{"MalformedPolicy", http.StatusBadRequest, ""}
	errMalformedXML         = s3Error{"MalformedXML", http.StatusBadRequest, "The XML you provided was not well-formed or did not validate against our published schema"}
	errMissingRequestBody   = s3Error{"MissingRequestBodyError", http.StatusBadRequest, "Request Body is empty"}
	errMetadataTooLarge     = s3Error{"MetadataTooLarge", http.StatusBadRequest, "Your metadata headers exceed the maximum allowed metadata size"}
	errMethodNotAllowed     = s3Error{"MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."}
	errNoPublicAccessBlock  = s3Error{"NoSuchPublicAccessBlockConfiguration", http.StatusNotFound, "The public access block configuration was not found"}
	errNoSuchBucket         = s3Error{"NoSuchBucket", http.StatusNotFound, "The specified bucket does not exist"}
	errNoSuchBucketPolicy   = s3Error{"NoSuchBucketPolicy", http.StatusNotFound, "The bucket policy does not exist"}
	errNoSuchKey            = s3Error{"NoSuchKey", http.StatusNotFound, "The specified key does not exist."}
	errNoSuchTagSet         = s3Error{"NoSuchTagSet", http.StatusNotFound, "The TagSet does not exist"}
	errNoSuchVersion        = s3Error{"NoSuchVersion", http.StatusNotFound, "The specified version does not exist."}
	errEntityTooSmall       = s3Error{"EntityTooSmall", http.StatusBadRequest, "Your proposed upload is smaller than the minimum allowed size"}
	errInvalidPart          = s3Error{"InvalidPart", http.StatusBadRequest, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."}
	errInvalidPartOrder     = s3Error{"InvalidPartOrder", http.StatusBadRequest, "The list of parts was not in ascending order. Parts must be ordered by part number."}
	errNoSuchUpload         = s3Error{"NoSuchUpload", http.StatusNotFound, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."}
	errNotImplemented       = s3Error{"NotImplemented", http.StatusNotImplemented, ""}
	errNotModified          = s3Error{"NotModified", http.StatusNotModified, "Not Modified"}
	errNotInActiveTier      = s3Error{"ObjectNotInActiveTierError", http.StatusForbidden, "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."}
	errRestoreInProgress    = s3Error{"RestoreAlreadyInProgress", http.StatusConflict, "Object restore is already in progress"}
	errPermanentRedirect    = s3Error{"PermanentRedirect", http.StatusMovedPermanently, "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."}
	errPreconditionFailed   = s3Error{"PreconditionFailed", http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold"}
	errConditionalConflict  = s3Error{"ConditionalRequestConflict", http.StatusConflict, "The conditional request cannot succeed due to a conflicting operation against this resource."}
	errHeaderNotImplemented = s3Error{"NotImplemented", http.StatusNotImplemented, "A header you provided implies functionality that is not implemented"}
)

// notImplemented refuses a parameter that S3 has and this fake does not.
func notImplemented(parameter string) error {
	return errNotImplemented.withText("The parameter "+parameter+" is not implemented by this fake of Amazon S3.", "Parameter", parameter)
}

// invalidArgument refuses the value of an argument.
func invalidArgument(text, name, value string) error {
	return errInvalidArgument.withText(text, "ArgumentName", name, "ArgumentValue", value)
}

// The errors of buckets' configurations, from the same page.
var (
	errInvalidTargetBucket    = s3Error{"InvalidTargetBucketForLogging", http.StatusBadRequest, "The target bucket for logging does not exist"}
	errCrossLocationLogging   = s3Error{"CrossLocationLoggingProhibitted", http.StatusForbidden, "Cross S3 location logging not allowed. "}
	errNoSuchConfiguration    = s3Error{"NoSuchConfiguration", http.StatusNotFound, "The specified configuration does not exist."}
	errNoSuchCORS             = s3Error{"NoSuchCORSConfiguration", http.StatusNotFound, "The CORS configuration does not exist"}
	errNoSuchLifecycle        = s3Error{"NoSuchLifecycleConfiguration", http.StatusNotFound, "The lifecycle configuration does not exist"}
	errNoSuchWebsite          = s3Error{"NoSuchWebsiteConfiguration", http.StatusNotFound, "The specified bucket does not have a website configuration"}
	errIncorrectEndpoint      = s3Error{"IncorrectEndpoint", http.StatusBadRequest, "The specified bucket exists in another region. Please direct requests to the specified endpoint."}
	errNoOwnershipControls    = s3Error{"OwnershipControlsNotFoundError", http.StatusNotFound, "The bucket ownership controls were not found"}
	errNoReplication          = s3Error{"ReplicationConfigurationNotFoundError", http.StatusNotFound, "The replication configuration was not found"}
	errTooManyConfigurations  = s3Error{"TooManyConfigurations", http.StatusBadRequest, "You are attempting to create a new configuration but have already reached the 1,000-configuration limit."}
	errInvalidS3Destination   = s3Error{"InvalidS3DestinationBucket", http.StatusBadRequest, "Invalid bucket ARN."}
	errSignatureVersion2      = s3Error{"InvalidRequest", http.StatusBadRequest, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."}
	errWrongRegion            = s3Error{"AuthorizationHeaderMalformed", http.StatusBadRequest, ""}
	errAccelerateNotSupported = s3Error{"InvalidRequest", http.StatusBadRequest, "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"}
)

// Texts of checks that the API reference names no text for are those that the
// service is known to answer with; each of them is unverified.
func invalidRequest(text string) error { return errInvalidRequest.withText(text) }

// The errors of ACLs. Grants to e-mail addresses ended in October 2025; AWS says
// that such requests get 405.
var (
	errEmailGrantee      = s3Error{"MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."}
	errInvalidACLBlock   = s3Error{"InvalidBucketAclWithBlockPublicAccessError", http.StatusBadRequest, "Bucket cannot have public ACLs set with BlockPublicAccess enabled"}
	errMalformedACL      = s3Error{"MalformedACLError", http.StatusBadRequest, "The XML you provided was not well-formed or did not validate against our published schema"}
	errMissingHeader     = s3Error{"MissingSecurityHeader", http.StatusBadRequest, "Your request was missing a required header"}
	errUnexpectedContent = s3Error{"UnexpectedContent", http.StatusBadRequest, "This request does not support content"}
)

// The errors of S3 Metadata. Their texts, and the code of a second configuration, are
// unverified.
var (
	errNoMetadata     = s3Error{"MetadataConfigurationNotFound", http.StatusNotFound, "The metadata configuration does not exist."}
	errMetadataExists = s3Error{"MetadataConfigurationAlreadyExists", http.StatusConflict, "The bucket already has a metadata configuration."}
)

// The errors of account regional namespaces. Their codes are those that callers of the
// service report; the text is unverified.
var (
	errMissingNamespace = s3Error{"MissingNamespaceHeader", http.StatusBadRequest, "The name of the requested bucket is one of an account regional namespace. Such a request must have the x-amz-bucket-namespace header."}
	errInvalidNamespace = s3Error{"InvalidBucketNamespace", http.StatusBadRequest, ""}
)

// The errors of annotations. Their texts are the SDK's descriptions of them, which is
// unverified; so are the codes for a text that is empty and for an object with SSE-C.
var (
	errAnnotationLimit       = s3Error{"AnnotationLimitExceeded", http.StatusBadRequest, "The request would exceed the maximum number of annotations allowed per object."}
	errAnnotationNameTooLong = s3Error{"AnnotationNameTooLong", http.StatusBadRequest, "The annotation name exceeds 512 bytes."}
	errInvalidAnnotationName = s3Error{"InvalidAnnotationName", http.StatusBadRequest, "The annotation name you provided is invalid."}
	errInvalidPrefix         = s3Error{"InvalidPrefix", http.StatusBadRequest, "The annotation prefix you provided is invalid."}
	errNoSuchAnnotation      = s3Error{"NoSuchAnnotation", http.StatusNotFound, "The specified annotation does not exist on this object."}
	errUnsupportedMediaType  = s3Error{"UnsupportedMediaType", http.StatusUnsupportedMediaType, "The annotation payload is not valid UTF-8 encoded text."}
	errNoAnnotationText      = s3Error{"InvalidRequest", http.StatusBadRequest, "The annotation payload must be between 1 byte and 1 MiB in size."}
	errCustomerKeyAnnotation = s3Error{"InvalidRequest", http.StatusBadRequest, "Objects encrypted with SSE-C cannot have annotations."}
)

// The errors of tags of resources. Their codes are those of the S3 Control model and of
// S3's list of tagging error codes; which of them is answered, and the texts, are unverified.
var (
	errNoSuchResource = s3Error{"NoSuchResource", http.StatusNotFound, "The specified resource doesn't exist."}
	errTooManyTags    = s3Error{"TooManyTags", http.StatusBadRequest, "The number of tags exceeds the limit of 50 tags."}
	errTagsByResource = s3Error{"MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."}
)

// The errors of access points. That of a name which is kept for aliases is unverified.
var (
	errNoSuchAccessPoint = s3Error{"NoSuchAccessPoint", http.StatusNotFound, "The specified accesspoint does not exist"}
	errNoSuchPointPolicy = s3Error{"NoSuchAccessPointPolicy", http.StatusNotFound, "The specified accesspoint policy does not exist"}
	errAccessPointOwned  = s3Error{"AccessPointAlreadyOwnedByYou", http.StatusConflict, "Your previous request to create the named accesspoint succeeded and you already own it."}
	errInvalidURI        = s3Error{"InvalidURI", http.StatusBadRequest, "Couldn't parse the specified URI."}
	errInvalidPointName  = s3Error{"InvalidRequest", http.StatusBadRequest, "Your Amazon S3 AccessPoint name is invalid"}
)
