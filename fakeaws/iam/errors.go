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
	// Unverified: a permissions boundary that is no policy.
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
// names that users quote are AccessKeysPerUser, ACLSizePerRole, GroupsPerUser,
// InstanceProfilesPerAccount, InstanceSessionsPerInstanceProfile, PoliciesPerRole,
// PolicySize and RolesPerAccount; all others are unverified.
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
