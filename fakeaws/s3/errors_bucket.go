package s3

import "net/http"

// The errors of buckets' configurations, from the same page as those in errors.go.
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

// The errors of access points. That of a name that cannot be is unverified.
var (
	errNoSuchAccessPoint = kind{"NoSuchAccessPoint", http.StatusNotFound, "The specified accesspoint does not exist"}
	errNoSuchPointPolicy = kind{"NoSuchAccessPointPolicy", http.StatusNotFound, "The specified accesspoint policy does not exist"}
	errAccessPointOwned  = kind{"AccessPointAlreadyOwnedByYou", http.StatusConflict, "Your previous request to create the named accesspoint succeeded and you already own it."}
	errInvalidPointName  = kind{"InvalidRequest", http.StatusBadRequest, "Your Amazon S3 AccessPoint name is invalid"}
)
