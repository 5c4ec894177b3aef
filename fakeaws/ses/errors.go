package ses

import (
	"fmt"
	"net/http"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Texts that SES answers, as its users quote them.
const (
	textNotVerified  = "Email address is not verified. The following identities failed the check in region %s: %s"
	textNoSet        = "Configuration set <%s> does not exist."
	textNoneOf       = "No EventDestination found for %s"
	textNoTemplate   = "Template %s does not exist"
	textTemplateName = "Template %s already exists"
	textNotification = "Invalid notification type: %s. Valid values are: Bounce, Complaint, Delivery."
	textMissingData  = "Attribute '%s' is not present in the rendering data."
	textPaused       = "Sending is disabled for this account"
	textPolicyLong   = "Invalid policy: the policy exceeds 4096 bytes."
	textIdentityV2   = "Email identity %s does not exist."
	textExistsV2     = "Email identity %s already exist."
	textNoRuleSet    = "Rule set does not exist: %s"
	textNoRule       = "Rule does not exist: %s"
)

// Texts of which no answer of SES is on record: unverified.
const (
	textManyResources = "You have reached the maximum of %d."
	textToken         = "The NextToken is not valid."
	textSetExists     = "Configuration set <%s> already exists."
	textDestination   = "An EventDestination %s already exists for %s."
	textOneDest       = "An event destination must have exactly one destination."
	textFirehoseRole  = "The role %s cannot be assumed by SES."
	textTopic         = "SES cannot publish to the topic %s."
	textBus           = "The event bus must be the default bus of the account."
	textNoEvents      = "An event destination must match at least one type of event."
	textTemplate      = "The template is not valid: %s"
	textData          = "The rendering data is not valid: %s"
	textRendering     = "Rendering takes too long."
	textIdentity      = "Identity %s does not exist."
	textDuplicate     = "Duplicate header '%s'."
	textAddress       = "Invalid address: %s."
	textDomain        = "Invalid domain name %s."
	textSourceARN     = "The identity %s does not own the address %s."
	textARN           = "%s is not the ARN of an identity."
	textNoRecipient   = "The message has no recipients."
	textRecipients    = "Recipient count exceeds 50."
	textDestinations  = "The number of destinations exceeds 50."
	textMessage       = "The message is not valid: %s"
	textMessageSize   = "Message length is more than %d bytes long."
	textContent       = "The content must have exactly one of Simple, Raw and Template."
	textTag           = "Invalid tag: %s."
	textQuota         = "Daily message quota exceeded."
	textSetPaused     = "Sending is disabled for the configuration set <%s>."
	textPolicy        = "The policy is not valid: %s"
	textPolicyCount   = "An identity has at most %d policies."
	textNoPolicy      = "Policy %s does not exist."
	textPolicyExists  = "Policy %s already exists."
	textNoCustom      = "Custom verification email template %s does not exist"
	textCustomExists  = "Custom verification email template %s already exists"
	textFromCustom    = "The from address %s is not verified."
	textSuppressed    = "Email address %s does not exist on your suppression list."
	textNoList        = "List with name: %s doesn't exist."
	textListExists    = "List with name: %s already exists."
	textOneList       = "An account has one contact list."
	textNoContact     = "Contact %s doesn't exist in List %s."
	textContactExists = "Contact %s already exists in List %s."
	textNoTopic       = "List %s has no topic %s."
	textNoPool        = "Dedicated IP pool %s does not exist."
	textPoolExists    = "Dedicated IP pool %s already exists."
	textNoResource    = "The resource %s does not exist."
	textTags          = "A resource has at most 50 tags, with keys that are not reserved."
	textTrackingNone  = "Configuration set <%s> has no tracking options."
	textTrackingOne   = "Configuration set <%s> has tracking options."
	textRuleSetExists = "Rule set already exists: %s"
	textRuleExists    = "Rule already exists: %s"
	textActive        = "Cannot delete active rule set: %s"
	textOrder         = "The rules of %s must be named, each once."
	textAction        = "A receipt action must be exactly one of the actions."
	textManyRules     = "A rule set has at most %d rules, and a rule %d actions and %d recipients."
	textFilterExists  = "Filter already exists: %s"
	textCIDR          = "Invalid CIDR %s."
	textS3            = "Could not write to bucket: %s"
	textLambda        = "Could not invoke Lambda function: %s"
	textSNS           = "Invalid SNS topic: %s"
	textProduction    = "Your account is in the sandbox."
	textBounce        = "SES has no message %s to bounce."
	textValue         = "The value %s is not valid for %s."
)

// statuses are the HTTP status codes of the errors of version 2 that are not 400.
var statuses = map[string]int{
	"NotFoundException": http.StatusNotFound, "ConflictException": http.StatusConflict, "TooManyRequestsException": http.StatusTooManyRequests,
}

// fail is an error that has another code in each version.
func fail(call *fakeaws.Call, v1, v2, format string, args ...any) error {
	code := v1
	if isV2(call) {
		code = v2
	}
	status := statuses[code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	return &fakeaws.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status}
}

func invalid(call *fakeaws.Call, format string, args ...any) error {
	return fail(call, "InvalidParameterValue", "BadRequestException", format, args...)
}

func rejected(call *fakeaws.Call, format string, args ...any) error {
	return fail(call, "MessageRejected", "MessageRejected", format, args...)
}

func limitExceeded(call *fakeaws.Call, format string, args ...any) error {
	return fail(call, "LimitExceeded", "LimitExceededException", format, args...)
}

func invalidToken(call *fakeaws.Call) error {
	return fail(call, "InvalidParameterValue", "InvalidNextTokenException", textToken)
}

// missingFor makes the error of a kind that has no resource of a name.
func missingFor(v1, text string) func(*fakeaws.Call, string) error {
	return func(call *fakeaws.Call, name string) error { return fail(call, v1, "NotFoundException", text, name) }
}

// existsFor makes the error of a kind that has a resource of a name already.
func existsFor(v1, text string) func(*fakeaws.Call, string) error {
	return func(call *fakeaws.Call, name string) error {
		return fail(call, v1, "AlreadyExistsException", text, name)
	}
}

func notImplemented(what string) error {
	return fakeaws.NotImplemented("ses: " + what + " is not implemented")
}
