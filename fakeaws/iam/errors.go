package iam

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Texts of IAM for which no documentation page or recorded answer was found.
const (
	// Unverified: a Marker that IAM did not make.
	invalidMarker = "Invalid Marker."
	// Unverified: more tags than a resource may have.
	tooManyTags = "Cannot exceed quota for TagsPer%s: %d"
	// Unverified: a tag key with AWS's own prefix.
	reservedTagKey = "Tag keys starting with 'aws:' are reserved for internal use."
	// Unverified: deleting the permissions boundary of an entity without one.
	noBoundary = "%s with name %s has no permissions boundary."
	// noBoundaryPolicy is IAM's text about a permissions boundary that is no policy, as
	// users of CreateRole quote it.
	noBoundaryPolicy = "Scope ARN: %s does not exist or is not attachable."
	// Unverified: a change to a policy of AWS's.
	notOwnPolicy = "Policy is outside your own account."
	// Unverified: a version that a managed policy does not have.
	noVersion = "Policy %s version %s does not exist or is not attachable."
)

func accessDenied(message string) error {
	return &fakeaws.Error{Code: "AccessDenied", Message: message, Status: 403}
}

func noSuchEntity(format string, args ...any) error {
	return &types.NoSuchEntityException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func alreadyExists(format string, args ...any) error {
	return &types.EntityAlreadyExistsException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func deleteConflict(message string) error {
	return &types.DeleteConflictException{Message: aws.String(message)}
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// quotaExceeded is the answer to going beyond a quota of the page "IAM and AWS
// STS quotas", by IAM's own name of the quota. The page has the numbers only: the
// names that users quote are AccessKeysPerUser, ACLSizePerRole, CertificatesPerUser,
// GroupsPerUser, InstanceProfilesPerAccount, InstanceSessionsPerInstanceProfile,
// OpenIdConnectProvidersPerAccount, PoliciesPerRole, PolicySize, RolesPerAccount and
// ServerCertificatesPerAccount; all others are unverified.
func quotaExceeded(quota string, limit int) error {
	return limitExceeded("Cannot exceed quota for %s: %s", quota, strconv.Itoa(limit))
}

func invalidInput(message string) error {
	return &types.InvalidInputException{Message: aws.String(message)}
}

// malformed is IAM's answer to a document that the policy language refuses.
func malformed(err error) error {
	var doc *enforce.DocumentError
	if !errors.As(err, &doc) {
		return err
	}
	return &types.MalformedPolicyDocumentException{Message: aws.String(doc.Message)}
}

// Texts of the operations on credentials that AWS's users quote.
const (
	noLoginProfile     = "Login Profile for User %s cannot be found."
	loginProfileExists = "Login Profile for user %s already exists."
	noPasswordPolicy   = "The Password Policy with domain name %s cannot be found."
	mfaDeviceExists    = "MFADevice entity at the same path and name already exists."
	wrongMFACode       = "Authentication code for device is not valid."
	noServerCert       = "The Server Certificate with name %s cannot be found."
	serverCertExists   = "The Server Certificate with name %s already exists."
	badCertificate     = "Unable to parse certificate. Please ensure the certificate is in PEM format."
	badChain           = "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: %d"
	badSSHKey          = "Invalid public key uploaded."
	aliasExists        = "The account alias %s already exists."
)

// Texts of the operations on credentials for which no documentation page or
// recorded answer was found.
const (
	// Unverified: the root user's own login profile or MFA device, which only a
	// session of AssumeRoot may name by leaving the user out.
	rootNeedsSession = "Must specify userName when calling with root user credentials"
	// Unverified: a password for the root user, which a session of AssumeRoot must
	// leave out.
	rootHasNoPassword = "Password must not be specified when calling with an AssumeRoot session"
	// Unverified: the root user, who has no name, in texts about login profiles.
	rootSignInName = "root"
	// Unverified: ChangePassword with another password than the current one.
	wrongOldPassword = "The old password was incorrect."
	// Unverified: a password that PasswordReusePrevention forbids.
	reusedPassword = "Password should not be one of the previous %d passwords"
	// noPolicyToDelete is from the reference of the AWS Tools for PowerShell,
	// Remove-IAMAccountPasswordPolicy.
	noPolicyToDelete = "The account policy with name PasswordPolicy cannot be found."
	// Unverified: ChangePassword by anyone but a user.
	onlyUsers = "Only IAM Users can change their own password"

	// Unverified: an MFA device that the account does not have.
	noMFADevice = "VirtualMFADevice with serial number %s doesn't exist."
	// Unverified: an MFA device of another user, or of none.
	notUsersMFADevice = "MFA Device invalid for user."
	// Unverified: a path and name that make a longer serial number than
	// operations take.
	longSerial = "The serial number of the MFA device would be longer than 256 characters."
	// Unverified: enabling an MFA device that a user has already.
	mfaDeviceTaken = "MFA Device with serial number %s is already in use."
	// Unverified: deleting a virtual MFA device that a user has.
	mfaDeviceInUse = "MFA VirtualDevice in use. Must deactivate first."

	// Unverified: a certificate or key that is not the user's.
	noSigningCert = "The Certificate with id %s cannot be found."
	noSSHKey      = "The Public Key with id %s cannot be found."
	// Unverified: a certificate that a user of the account has already.
	duplicateCertificate = "The certificate already exists."
	// Unverified: a certificate before or after the time in which it is valid.
	outdatedCertificate = "The certificate is not valid at this time."
	// Unverified: a private key that is encrypted or no key at all.
	badPrivateKey = "Invalid Private Key."
	// Unverified: a private key of another certificate.
	keyMismatch = "The private key does not match the certificate."
	// Unverified: a key that the user has already.
	duplicateSSHKey = "The SSH public key is already associated with this user."
	// Unverified: a key that is not RSA or is too short.
	weakSSHKey = "The SSH public key must be an RSA key of at least 2048 bits."

	// IAM answers NoSuchEntity for a service that has no credentials of its own, not the
	// NotSupportedService of the API page.
	noSuchService       = "No such service %s is supported for Service Specific Credentials"
	noServiceCredential = "No such credential %s exists"
	// Unverified: an expiry for a service without API keys.
	noExpiry = "CredentialAgeDays is not supported for the service %s."
	// Unverified: one user and all users at once.
	userAndAllUsers = "UserName and AllUsers cannot be specified together."

	// Unverified: a credential that is to be expired, which the model allows.
	notSettable = "The status must be Active or Inactive."

	// Unverified: deleting an alias that the account does not have.
	noAlias = "The account alias %s cannot be found."
	// Unverified: a key of an account property that is not Namespace/Name.
	badPropertyKey = "Property key %s must have the format Namespace/PropertyName."
	// Unverified: account properties of several namespaces in one request.
	mixedNamespaces = "All properties must belong to the same namespace."
)

// Names of quotas in IAM's message when one is exceeded, as users quote them.
const (
	quotaSigningCerts  = "CertificatesPerUser"
	quotaServerCerts   = "ServerCertificatesPerAccount"
	quotaOIDCProviders = "OpenIdConnectProvidersPerAccount"
)

// Names of further quotas. Unverified: AWS's page has the numbers only.
const (
	quotaVirtualDevices = "VirtualMFADevicesPerAccount"
	quotaMFADevices     = "MFADevicesPerUser"
	quotaSSHKeys        = "SSHPublicKeysPerUser"
	quotaServiceCreds   = "ServiceSpecificCredentialsPerUser"
	quotaSAMLProviders  = "SAMLProvidersPerAccount"
	quotaClientIDs      = "ClientIdsPerOpenIdConnectProvider"
)

func invalidUserType() error {
	return &types.InvalidUserTypeException{Message: aws.String(onlyUsers)}
}

func violatesPolicy(message string) error {
	return &types.PasswordPolicyViolationException{Message: &message}
}

func invalidCode() error {
	return &types.InvalidAuthenticationCodeException{Message: aws.String(wrongMFACode)}
}

func malformedCertificate(message string) error {
	return &types.MalformedCertificateException{Message: &message}
}
