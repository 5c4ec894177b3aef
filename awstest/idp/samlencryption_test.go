package idp_test

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/beevik/etree"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A provider encrypts; keys are rotated as AWS's page tells to; plain assertions
// are refused as long as the mode is Required.
func TestEncryptedSAML(t *testing.T) {
	t.Parallel()
	const (
		plain       = "The SAML assertion must be encrypted."
		undecipered = "The SAML assertion could not be decrypted."
	)
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		corp := idp.SAML(acct, "corp")
		role := acct.NewRole("staff", awstest.Trust(awstest.Allow(withSAML).By(corp.ARN()).If("StringEquals", "saml:sub", "alice")))
		alice := idp.SAMLUser{Name: "alice"}
		before := corp.Response(role, alice)
		require.NoError(t, redeem(t, acct, corp, role, before))

		corp.EncryptAssertions()
		requireCode(t, redeem(t, acct, corp, role, before), "InvalidIdentityToken", plain)
		old := corp.Response(role, alice)
		text, err := base64.StdEncoding.DecodeString(old)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "alice")
		session, err := corp.AssumeRole(role, alice)
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/staff/alice", session.ARN())
		_, err = corp.AssumeRole(role, idp.SAMLUser{Name: "mallory"})
		awstest.AssertDenied(t, err, withSAML)

		corp.EncryptAssertions() // with another key
		require.NoError(t, redeem(t, acct, corp, role, old))
		require.NoError(t, redeem(t, acct, corp, role, corp.Response(role, alice)))
		client := awsiam.NewFromConfig(acct.Config())
		got, err := client.GetSAMLProvider(t.Context(), &awsiam.GetSAMLProviderInput{SAMLProviderArn: aws.String(corp.ARN())})
		require.NoError(t, err)
		_, err = client.UpdateSAMLProvider(t.Context(), &awsiam.UpdateSAMLProviderInput{
			SAMLProviderArn: aws.String(corp.ARN()), RemovePrivateKey: got.PrivateKeyList[0].KeyId,
		})
		require.NoError(t, err)
		requireCode(t, redeem(t, acct, corp, role, old), "InvalidIdentityToken", undecipered)
		require.NoError(t, redeem(t, acct, corp, role, corp.Response(role, alice)))

		_, err = client.UpdateSAMLProvider(t.Context(), &awsiam.UpdateSAMLProviderInput{
			SAMLProviderArn: aws.String(corp.ARN()), AssertionEncryptionMode: iamtypes.AssertionEncryptionModeTypeAllowed,
		})
		require.NoError(t, err)
		require.NoError(t, redeem(t, acct, corp, role, before))
		require.NoError(t, redeem(t, acct, corp, role, corp.Response(role, alice)))
	})
}

// Encryption proves nothing: whoever has the public key can encrypt.
func TestEncryptedSAMLIsSigned(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	corp, other := idp.SAML(acct, "corp"), idp.SAML(acct, "other")
	role := acct.NewRole("staff", awstest.Trust(awstest.Allow(withSAML).By(corp.ARN())))
	plain := corp.Response(role, idp.SAMLUser{Name: "guest"})
	corp.EncryptAssertions()
	good := corp.Response(role, idp.SAMLUser{Name: "guest"})
	other.EncryptAssertions()
	require.NoError(t, redeem(t, acct, corp, role, good))
	encryptedOf := func(response string) (found *etree.Element) {
		edit(t, response, func(doc *etree.Document) { found = doc.Root().SelectElement("EncryptedAssertion").Copy() })
		return found
	}
	for name, attack := range map[string]func(*etree.Document){
		"a changed cipher text": func(doc *etree.Document) {
			value := doc.FindElement("//EncryptedData/CipherData/CipherValue")
			value.SetText("AAAA" + value.Text()[4:])
		},
		"a short cipher text": func(doc *etree.Document) { doc.FindElement("//EncryptedData/CipherData/CipherValue").SetText("AAAA") },
		"another cipher": func(doc *etree.Document) {
			doc.FindElement("//EncryptedData/EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmlenc#aes256-cbc")
		},
		"an old cipher": func(doc *etree.Document) {
			doc.FindElement("//EncryptedData/EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc")
		},
		"no key": func(doc *etree.Document) {
			doc.FindElement("//EncryptedData").RemoveChild(doc.FindElement("//KeyInfo"))
		},
		"twice": func(doc *etree.Document) { doc.Root().AddChild(encryptedOf(good)) },
		"beside a plain one": func(doc *etree.Document) {
			edit(t, plain, func(p *etree.Document) { doc.Root().AddChild(p.Root().SelectElement("Assertion").Copy()) })
		},
		"of another provider": func(doc *etree.Document) {
			doc.Root().RemoveChild(doc.Root().SelectElement("EncryptedAssertion"))
			doc.Root().AddChild(encryptedOf(other.Response(role, idp.SAMLUser{Name: "guest"})))
		},
		"nothing encrypted": func(doc *etree.Document) {
			data := doc.FindElement("//EncryptedData")
			data.RemoveChild(data.SelectElement("CipherData"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, redeem(t, acct, corp, role, edit(t, good, attack)))
		})
	}
}
