package saml

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sts "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// Texts of STS for which no documentation page or recorded answer was found.
const (
	badResponseSignature = "Response signature invalid"
	// Unverified: what is no SAML response in base 64, or has not one assertion.
	notAResponse = "The SAML response could not be read."
	// Unverified: a plain assertion of a provider that must encrypt them.
	notEncrypted = "The SAML assertion must be encrypted."
	// Unverified: an encrypted assertion that none of the provider's private keys
	// decrypts.
	notDecrypted = "The SAML assertion could not be decrypted."
	// Unverified: a response whose status is another.
	notSuccessful = "The SAML response does not report success."
)

func invalidToken(message string) error {
	return &sts.InvalidIdentityTokenException{Message: aws.String(message)}
}
