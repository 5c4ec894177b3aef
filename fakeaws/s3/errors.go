package s3

import (
	"net/http"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A kind is an error of S3: its code, HTTP status and usual text. S3's errors
// name what they are about in further elements of the body, which the SDK's
// modeled types have no fields for; clients get the modeled type by the code.
type kind struct {
	code   string
	status int
	text   string
}

// of returns the error with its usual text. Fields are names and values by turns.
func (k kind) of(fields ...string) error { return k.says(k.text, fields...) }

// says returns the error with a text of its own.
func (k kind) says(text string, fields ...string) error {
	e := &fakeaws.Error{Code: k.code, Message: text, Status: k.status}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Fields = append(e.Fields, fakeaws.Field{Name: fields[i], Value: fields[i+1]})
	}
	return e
}

// tell adds headers to the answer of an error: all that a HEAD request gets to
// see. Pairs are names and values by turns.
func tell(err error, pairs ...string) error {
	e, ok := err.(*fakeaws.Error) // fresh from of or says
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
	errAccessDenied         = kind{"AccessDenied", http.StatusForbidden, "Access Denied"}
	errACLNotSupported      = kind{"AccessControlListNotSupported", http.StatusBadRequest, "The bucket does not allow ACLs"}
	errBadDigest            = kind{"BadDigest", http.StatusBadRequest, "The Content-MD5 you specified did not match what we received."}
	errBadRequest           = kind{"BadRequest", http.StatusBadRequest, ""}
	errBucketExists         = kind{"BucketAlreadyExists", http.StatusConflict, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."}
	errBucketNotEmpty       = kind{"BucketNotEmpty", http.StatusConflict, "The bucket you tried to delete is not empty"}
	errBucketOwned          = kind{"BucketAlreadyOwnedByYou", http.StatusConflict, "Your previous request to create the named bucket succeeded and you already own it."}
	errEntityTooLarge       = kind{"EntityTooLarge", http.StatusBadRequest, "Your proposed upload exceeds the maximum allowed size"}
	errIllegalVersioning    = kind{"IllegalVersioningConfigurationException", http.StatusBadRequest, "The Versioning element must be specified"}
	errInvalidBucketState   = kind{"InvalidBucketState", http.StatusConflict, "The request is not valid with the current state of the bucket."}
	errMFARequired          = kind{"AccessDenied", http.StatusForbidden, "Mfa Authentication must be used for this request"}
	errMFAInvalid           = kind{"AccessDenied", http.StatusForbidden, "MFA Authentication failed"} // text unverified
	errNotBucketOwner       = kind{"AccessDenied", http.StatusForbidden, "This operation may only be performed by the bucket owner"}
	errNotDeviceOwner       = kind{"NotDeviceOwnerError", http.StatusBadRequest, "The device that generated the token is not owned by the authenticated user."}
	errIllegalLocation      = kind{"IllegalLocationConstraintException", http.StatusBadRequest, ""}
	errIncompleteBody       = kind{"IncompleteBody", http.StatusBadRequest, "You did not provide the number of bytes specified by the Content-Length HTTP header"}
	errInvalidArgument      = kind{"InvalidArgument", http.StatusBadRequest, "Invalid Argument"}
	errInvalidACLOwnership  = kind{"InvalidBucketAclWithObjectOwnership", http.StatusBadRequest, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"}
	errInvalidBucketName    = kind{"InvalidBucketName", http.StatusBadRequest, "The specified bucket is not valid."}
	errInvalidBucketOwner   = kind{"InvalidBucketOwnerAWSAccountID", http.StatusBadRequest, "The value of the expected bucket owner parameter must be an AWS Account ID..."}
	errInvalidDigest        = kind{"InvalidDigest", http.StatusBadRequest, "The Content-MD5 you specified was invalid."}
	errInvalidEncryption    = kind{"InvalidEncryptionAlgorithmError", http.StatusBadRequest, "The encryption request you specified is not valid. The valid value is AES256."}
	errInvalidLocation      = kind{"InvalidLocationConstraint", http.StatusBadRequest, "The specified location-constraint is not valid"}
	errInvalidObjectState   = kind{"InvalidObjectState", http.StatusForbidden, "The operation is not valid for the object's storage class"}
	errInvalidPartNumber    = kind{"InvalidPartNumber", http.StatusRequestedRangeNotSatisfiable, "The requested partnumber is not satisfiable"}
	errInvalidRange         = kind{"InvalidRange", http.StatusRequestedRangeNotSatisfiable, "The requested range is not satisfiable"}
	errInvalidRedirect      = kind{"InvalidRedirectLocation", http.StatusBadRequest, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."}
	errInvalidRequest       = kind{"InvalidRequest", http.StatusBadRequest, ""}
	errInvalidStorageClass  = kind{"InvalidStorageClass", http.StatusBadRequest, "The storage class you specified is not valid"}
	errInvalidTag           = kind{"InvalidTag", http.StatusBadRequest, ""}
	errKeyTooLong           = kind{"KeyTooLongError", http.StatusBadRequest, "Your key is too long"}
	errKMSNotFound          = kind{"KMS.NotFoundException", http.StatusBadRequest, ""}
	errLocked               = kind{"AccessDenied", http.StatusForbidden, "Access Denied because object protected by object lock."}
	errNoLockConfiguration  = kind{"ObjectLockConfigurationNotFoundError", http.StatusNotFound, "Object Lock configuration does not exist for this bucket"}
	errNoObjectLock         = kind{"NoSuchObjectLockConfiguration", http.StatusNotFound, "The specified object does not have a ObjectLock configuration"}
	errMalformedPolicy      = kind{"MalformedPolicy", http.StatusBadRequest, ""}
	errMalformedXML         = kind{"MalformedXML", http.StatusBadRequest, "The XML you provided was not well-formed or did not validate against our published schema"}
	errMissingRequestBody   = kind{"MissingRequestBodyError", http.StatusBadRequest, "Request Body is empty"}
	errMetadataTooLarge     = kind{"MetadataTooLarge", http.StatusBadRequest, "Your metadata headers exceed the maximum allowed metadata size"}
	errMethodNotAllowed     = kind{"MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."}
	errNoPublicAccessBlock  = kind{"NoSuchPublicAccessBlockConfiguration", http.StatusNotFound, "The public access block configuration was not found"}
	errNoSuchBucket         = kind{"NoSuchBucket", http.StatusNotFound, "The specified bucket does not exist"}
	errNoSuchBucketPolicy   = kind{"NoSuchBucketPolicy", http.StatusNotFound, "The bucket policy does not exist"}
	errNoSuchKey            = kind{"NoSuchKey", http.StatusNotFound, "The specified key does not exist."}
	errNoSuchTagSet         = kind{"NoSuchTagSet", http.StatusNotFound, "The TagSet does not exist"}
	errNoSuchVersion        = kind{"NoSuchVersion", http.StatusNotFound, "The specified version does not exist."}
	errEntityTooSmall       = kind{"EntityTooSmall", http.StatusBadRequest, "Your proposed upload is smaller than the minimum allowed size"}
	errInvalidPart          = kind{"InvalidPart", http.StatusBadRequest, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."}
	errInvalidPartOrder     = kind{"InvalidPartOrder", http.StatusBadRequest, "The list of parts was not in ascending order. Parts must be ordered by part number."}
	errNoSuchUpload         = kind{"NoSuchUpload", http.StatusNotFound, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."}
	errNotImplemented       = kind{"NotImplemented", http.StatusNotImplemented, ""}
	errNotModified          = kind{"NotModified", http.StatusNotModified, "Not Modified"}
	errNotInActiveTier      = kind{"ObjectNotInActiveTierError", http.StatusForbidden, "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."}
	errRestoreInProgress    = kind{"RestoreAlreadyInProgress", http.StatusConflict, "Object restore is already in progress"}
	errPermanentRedirect    = kind{"PermanentRedirect", http.StatusMovedPermanently, "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."}
	errPreconditionFailed   = kind{"PreconditionFailed", http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold"}
	errHeaderNotImplemented = kind{"NotImplemented", http.StatusNotImplemented, "A header you provided implies functionality that is not implemented"}
)

// notImplemented refuses a parameter that S3 has and this fake does not.
func notImplemented(parameter string) error {
	return errNotImplemented.says("The parameter "+parameter+" is not implemented by this fake of Amazon S3.", "Parameter", parameter)
}

// invalidArgument refuses the value of an argument.
func invalidArgument(text, name, value string) error {
	return errInvalidArgument.says(text, "ArgumentName", name, "ArgumentValue", value)
}

// The errors of buckets' configurations, from the same page.
var (
	errInvalidTargetBucket    = kind{"InvalidTargetBucketForLogging", http.StatusBadRequest, "The target bucket for logging does not exist"}
	errCrossLocationLogging   = kind{"CrossLocationLoggingProhibited", http.StatusForbidden, "Cross S3 location logging not allowed."}
	errNoSuchConfiguration    = kind{"NoSuchConfiguration", http.StatusNotFound, "The specified configuration does not exist."}
	errNoSuchCORS             = kind{"NoSuchCORSConfiguration", http.StatusNotFound, "The CORS configuration does not exist"}
	errNoSuchLifecycle        = kind{"NoSuchLifecycleConfiguration", http.StatusNotFound, "The lifecycle configuration does not exist"}
	errNoSuchWebsite          = kind{"NoSuchWebsiteConfiguration", http.StatusNotFound, "The specified bucket does not have a website configuration"}
	errNoOwnershipControls    = kind{"OwnershipControlsNotFoundError", http.StatusNotFound, "The bucket ownership controls were not found"}
	errNoReplication          = kind{"ReplicationConfigurationNotFoundError", http.StatusNotFound, "The replication configuration was not found"}
	errTooManyConfigurations  = kind{"TooManyConfigurations", http.StatusBadRequest, "You are attempting to create a new configuration but have already reached the 1,000-configuration limit."}
	errInvalidS3Destination   = kind{"InvalidS3DestinationBucket", http.StatusBadRequest, "Invalid bucket ARN."}
	errWrongRegion            = kind{"AuthorizationHeaderMalformed", http.StatusBadRequest, ""}
	errAccelerateNotSupported = kind{"InvalidRequest", http.StatusBadRequest, "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"}
)

// Texts of checks that the API reference names no text for are those that the
// service is known to answer with; each of them is unverified.
func invalidRequest(text string) error { return errInvalidRequest.says(text) }

// The errors of ACLs. Grants to e-mail addresses ended in October 2025; AWS says
// that such requests get 405.
var (
	errEmailGrantee      = kind{"MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."}
	errInvalidACLBlock   = kind{"InvalidBucketAclWithBlockPublicAccessError", http.StatusBadRequest, "Bucket cannot have public ACLs set with BlockPublicAccess enabled"}
	errMalformedACL      = kind{"MalformedACLError", http.StatusBadRequest, "The XML you provided was not well-formed or did not validate against our published schema"}
	errMissingHeader     = kind{"MissingSecurityHeader", http.StatusBadRequest, "Your request was missing a required header"}
	errUnexpectedContent = kind{"UnexpectedContent", http.StatusBadRequest, "This request does not support content"}
)

// The errors of S3 Metadata. Their texts, and the code of a second configuration, are
// unverified.
var (
	errNoMetadata     = kind{"MetadataConfigurationNotFound", http.StatusNotFound, "The metadata configuration does not exist."}
	errMetadataExists = kind{"MetadataConfigurationAlreadyExists", http.StatusConflict, "The bucket already has a metadata configuration."}
)

// The errors of account regional namespaces. Their codes are those that callers of the
// service report; the text is unverified.
var (
	errMissingNamespace = kind{"MissingNamespaceHeader", http.StatusBadRequest, "The name of the requested bucket is one of an account regional namespace. Such a request must have the x-amz-bucket-namespace header."}
	errInvalidNamespace = kind{"InvalidBucketNamespace", http.StatusBadRequest, ""}
)

// The errors of annotations. Their texts are the SDK's descriptions of them, which is
// unverified; so are the codes for a text that is empty and for an object with SSE-C.
var (
	errAnnotationLimit       = kind{"AnnotationLimitExceeded", http.StatusBadRequest, "The request would exceed the maximum number of annotations allowed per object."}
	errAnnotationNameTooLong = kind{"AnnotationNameTooLong", http.StatusBadRequest, "The annotation name exceeds 512 bytes."}
	errInvalidAnnotationName = kind{"InvalidAnnotationName", http.StatusBadRequest, "The annotation name you provided is invalid."}
	errInvalidPrefix         = kind{"InvalidPrefix", http.StatusBadRequest, "The annotation prefix you provided is invalid."}
	errNoSuchAnnotation      = kind{"NoSuchAnnotation", http.StatusNotFound, "The specified annotation does not exist on this object."}
	errUnsupportedMediaType  = kind{"UnsupportedMediaType", http.StatusUnsupportedMediaType, "The annotation payload is not valid UTF-8 encoded text."}
	errNoAnnotationText      = kind{"InvalidRequest", http.StatusBadRequest, "The annotation payload must be between 1 byte and 1 MiB in size."}
	errCustomerKeyAnnotation = kind{"InvalidRequest", http.StatusBadRequest, "Objects encrypted with SSE-C cannot have annotations."}
)

// The errors of tags of resources. Their codes are those of the S3 Control model and of
// S3's list of tagging error codes; which of them is answered, and the texts, are unverified.
var (
	errNoSuchResource = kind{"NoSuchResource", http.StatusNotFound, "The specified resource doesn't exist."}
	errTooManyTags    = kind{"TooManyTags", http.StatusBadRequest, "The number of tags exceeds the limit of 50 tags."}
	errTagsByResource = kind{"MethodNotAllowed", http.StatusMethodNotAllowed, "The specified method is not allowed against this resource."}
)

// The errors of access points. That of a name that cannot be is unverified.
var (
	errNoSuchAccessPoint = kind{"NoSuchAccessPoint", http.StatusNotFound, "The specified accesspoint does not exist"}
	errNoSuchPointPolicy = kind{"NoSuchAccessPointPolicy", http.StatusNotFound, "The specified accesspoint policy does not exist"}
	errAccessPointOwned  = kind{"AccessPointAlreadyOwnedByYou", http.StatusConflict, "Your previous request to create the named accesspoint succeeded and you already own it."}
	errInvalidPointName  = kind{"InvalidRequest", http.StatusBadRequest, "Your Amazon S3 AccessPoint name is invalid"}
)
