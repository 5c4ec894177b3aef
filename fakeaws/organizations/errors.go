package organizations

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Texts that AWS answers. That of a policy which is attached already is the one of a policy
// which there is already, as users of AttachPolicy quote it.
const (
	noAccount       = "You specified an account that doesn't exist."
	notTrusted      = "You must enable service access before you delegate an administrator for this service. Call the AWS API EnableAWSServiceAccess first."
	notInUseText    = "Your account is not a member of an organization."
	alreadyMember   = "The AWS account is already a member of an organization."
	typeDisabled    = "This operation can be performed only for enabled policy types."
	tooManyAttached = "You have attached the maximum number of policies to the specified target."
	lastAttached    = "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times."
	duplicatePolicy = "A policy with the specified name and type already exists."
	malformed       = "The provided policy document does not meet the requirements of the specified policy type."
	unknownService  = "You specified an unrecognized service principal."
	invalidPattern  = "You provided a value that does not match the required pattern."
)

// Texts of which no answer of AWS is on record; unverified. They follow the
// descriptions of the errors in the API reference.
const (
	organizationNotEmpty  = "To delete an organization you must first remove all member accounts (except the management account)."
	noPolicy              = "You specified a policy that doesn't exist."
	invalidValue          = "You specified an invalid value."
	noRoot                = "You specified a root that doesn't exist."
	noParent              = "You specified a parent that doesn't exist."
	noChild               = "You specified a child that doesn't exist."
	noTarget              = "You specified a target that doesn't exist."
	noUnit                = "You specified an organizational unit that doesn't exist."
	noSource              = "You specified a source parent that doesn't exist."
	noDestination         = "You specified a destination parent that doesn't exist."
	noRequest             = "You specified a create account request that doesn't exist."
	noEffectivePolicy     = "The account doesn't have an effective policy of the specified type."
	noResourcePolicy      = "You specified a resource policy that doesn't exist."
	duplicateUnit         = "An OU with the same name already exists."
	duplicateAccount      = "The account is already present in the specified destination."
	unitNotEmpty          = "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try the operation again."
	tooManyUnits          = "You have exceeded the number of OUs that you can have in an organization."
	tooDeep               = "You have exceeded the maximum depth of the OU tree."
	tooManyPolicies       = "You have exceeded the number of policies of this type that you can have in an organization."
	tooLong               = "You have exceeded the maximum size of the policy document."
	tooManyTags           = "You have exceeded the number of tags allowed on this resource."
	duplicateTag          = "Tag keys must be unique among the tags attached to the same entity."
	systemTag             = "You specified a tag key that is a system tag."
	untaggable            = "You can't perform the specified operation on that target entity."
	immutablePolicy       = "You specified a policy that is managed by AWS and can't be modified."
	policyInUse           = "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation."
	notAttached           = "The policy isn't attached to the specified target in the specified root."
	notDetachable         = "You can't detach this AWS Managed Policy."
	typeEnabled           = "The specified policy type is already enabled."
	typeNotAvailable      = "You can't use the specified policy type with the feature set currently enabled for this organization."
	managementStays       = "You can't remove a management account from an organization."
	administratorStays    = "You attempted to remove an account that is registered as a delegated administrator for a service integrated with your organization."
	tooYoung              = "You must wait until at least four days after the account was created."
	reservedRole          = "You provided a role name that isn't valid. A role name can't begin with the reserved prefix AWSServiceRoleFor."
	managementAdministers = "You cannot register the management account as a delegated administrator."
	registeredAlready     = "The specified account is already a delegated administrator for this AWS service."
	notRegistered         = "The specified account is not a delegated administrator for this AWS service."
	malformedDelegation   = "The provided resource policy document is not valid."
	invalidPrincipal      = "You specified an invalid principal element in the policy."
	tagsOnUpdate          = "You can't add tags when you update an existing resource policy."
	noHandshake           = "We can't find a handshake with the HandshakeId that you specified."
	notYours              = "You don't have permissions to access this resource."
	alreadyInState        = "The specified handshake is already in the requested state."
	badTransition         = "You can't perform the operation on the handshake in its current state."
	duplicateHandshake    = "A handshake with the same action and target already exists."
	twoFilters            = "You can specify only one filter parameter for the operation."
	badParty              = "You specified the wrong type of entity (account, organization, or email) as a party."
	badEmail              = "You specified an invalid email address for the invited account owner."
	memberAlready         = "The handshake request is invalid because the invited account is already a member of an organization."
	tooManyHandshakes     = "You attempted to exceed the number of handshakes that you can send in one day."
	noInvitations         = "You can't issue new invitations to join an organization while it's in the process of enabling all features."
	allFeaturesAlready    = "The handshake request is invalid because the organization has already enabled all features."
	migrationPending      = "The handshake request is invalid because the organization has already started the process to enable all features."
	managementCloses      = "You attempted to close the management account."
	closingNeedsFeatures  = "You can close an account only when all features are enabled in the organization."
	closedAlready         = "You attempted to close an account that is already closed."
	tooManyClosed         = "You have exceeded close account quota for the past 30 days."
	modifiedMeanwhile     = "The target of the operation is currently being modified by a different request. Try again later."
	invalidToken          = "You specified an invalid pagination token."
	inputRequired         = "You must include a value for all required parameters."
	tooShortText          = "You provided a string parameter that is shorter than allowed."
	tooLongText           = "You provided a string parameter that is longer than allowed."
	tooSmallNumber        = "You provided a numeric parameter that has a smaller value than allowed."
	tooLargeNumber        = "You provided a numeric parameter that has a larger value than allowed."
)

func accessDenied(message string) error {
	return &types.AccessDeniedException{Message: aws.String(message)}
}

func notInUse() error {
	return &types.AWSOrganizationsNotInUseException{Message: aws.String(notInUseText)}
}

func typeNotEnabled() error {
	return &types.PolicyTypeNotEnabledException{Message: aws.String(typeDisabled)}
}

func violates(reason types.ConstraintViolationExceptionReason, message string) error {
	return &types.ConstraintViolationException{Reason: reason, Message: aws.String(message)}
}

func invalidInput(reason types.InvalidInputExceptionReason, message string) error {
	return &types.InvalidInputException{Reason: reason, Message: aws.String(message)}
}

func refused(reason types.HandshakeConstraintViolationExceptionReason, message string) error {
	return &types.HandshakeConstraintViolationException{Reason: reason, Message: aws.String(message)}
}

func noSuchHandshake() error {
	return &types.HandshakeNotFoundException{Message: aws.String(noHandshake)}
}

func notImplemented(what string) error {
	return fakeaws.NotImplemented("organizations: " + what + " are not implemented")
}

// members has the constraints of the service model.
var members = constraint.NewModel("organizations", constraint.Wording{})

// violations are the reasons and texts for input that violates the model.
var violations = map[constraint.ViolationKind]struct {
	reason  types.InvalidInputExceptionReason
	message string
}{
	constraint.Missing:    {types.InvalidInputExceptionReasonInputRequired, inputRequired},
	constraint.TooShort:   {types.InvalidInputExceptionReasonMinLengthExceeded, tooShortText},
	constraint.TooLong:    {types.InvalidInputExceptionReasonMaxLengthExceeded, tooLongText},
	constraint.TooSmall:   {types.InvalidInputExceptionReasonMinValueExceeded, tooSmallNumber},
	constraint.TooLarge:   {types.InvalidInputExceptionReasonMaxValueExceeded, tooLargeNumber},
	constraint.BadPattern: {types.InvalidInputExceptionReasonInvalidPattern, invalidPattern},
	constraint.BadEnum:    {types.InvalidInputExceptionReasonInvalidEnum, invalidValue},
}

// check answers input that the service model does not admit. Several violations
// are answered with the first.
func check(in any) error {
	v, ok := members.First(in)
	if !ok {
		return nil
	}
	answer := violations[v.Kind]
	if v.Kind == constraint.BadEnum && v.Member == "policyType" {
		answer.reason = types.InvalidInputExceptionReasonInvalidEnumPolicyType
	}
	return invalidInput(answer.reason, answer.message)
}
