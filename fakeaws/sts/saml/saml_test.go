package saml

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

// newSigner makes the certificate of a provider, and the function that signs a document
// with its key.
func newSigner(t *testing.T, now time.Time) (*x509.Certificate, func(string) string) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	signing, err := dsig.NewSigningContext(key, [][]byte{raw})
	require.NoError(t, err)
	signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	return certificate, func(text string) string {
		doc := etree.NewDocument()
		require.NoError(t, doc.ReadFromString(text))
		el, err := signing.SignEnveloped(doc.Root())
		require.NoError(t, err)
		doc.SetRoot(el)
		text, err = doc.WriteToString()
		require.NoError(t, err)
		return text
	}
}

// A World that was enabled believes what a provider has signed, and nothing else.
func TestEnable(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		w, ctx := worldtest.New(t, door, iam.Service, sts.Service), t.Context()
		Enable(w.World)
		directory := iamsdk.NewFromConfig(worldtest.FixtureConfig(w.World, worldtest.Account, worldtest.Region))
		now := w.Clock().Now().UTC()
		certificate, sign := newSigner(t, now)
		made, err := directory.CreateSAMLProvider(ctx, &iamsdk.CreateSAMLProviderInput{Name: aws.String("idp"), SAMLMetadataDocument: aws.String(
			`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com"><IDPSSODescriptor protocolSupportEnumeration="` + protocolNS + `">` +
				`<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + base64.StdEncoding.EncodeToString(certificate.Raw) +
				`</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/></IDPSSODescriptor></EntityDescriptor>`)})
		require.NoError(t, err)
		role, err := directory.CreateRole(ctx, &iamsdk.CreateRoleInput{RoleName: aws.String("app"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + *made.SAMLProviderArn + `"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"saml:sub":"alice"}}}}`)})
		require.NoError(t, err)
		const attributes = "https://aws.amazon.com/SAML/Attributes/"
		attribute := func(name, value string) string {
			return `<saml:Attribute Name="` + attributes + name + `"><saml:AttributeValue>` + value + `</saml:AttributeValue></saml:Attribute>`
		}
		signed := sign(response(`<saml:Assertion xmlns:saml="` + assertionNS + `" ID="_a" IssueInstant="` + now.Format(time.RFC3339) + `"><saml:Issuer>https://idp.example.com</saml:Issuer>` +
			`<saml:Subject><saml:NameID>alice</saml:NameID><saml:SubjectConfirmation><saml:SubjectConfirmationData NotOnOrAfter="` + now.Add(5*time.Minute).Format(time.RFC3339) +
			`" Recipient="https://signin.aws.amazon.com/saml"/></saml:SubjectConfirmation></saml:Subject><saml:AttributeStatement>` +
			attribute("Role", *role.Role.Arn+","+*made.SAMLProviderArn) + attribute("RoleSessionName", "alice") + attribute("PrincipalTag:team", "blue") +
			`</saml:AttributeStatement></saml:Assertion>`))
		assume := func(text string) (*sdk.AssumeRoleWithSAMLOutput, error) {
			return sdk.NewFromConfig(w.Config("", "", "")).AssumeRoleWithSAML(ctx, &sdk.AssumeRoleWithSAMLInput{
				RoleArn: role.Role.Arn, PrincipalArn: made.SAMLProviderArn, SAMLAssertion: aws.String(base64.StdEncoding.EncodeToString([]byte(text))),
			})
		}
		out, err := assume(signed)
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:sts::111122223333:assumed-role/app/alice", *out.AssumedRoleUser.Arn)
		assert.Equal(t, "alice", *out.Subject)
		assert.Equal(t, "https://idp.example.com", *out.Issuer)
		_, err = assume(strings.Replace(signed, "blue", "red", 1))
		worldtest.RequireError(t, err, "InvalidIdentityToken", badResponseSignature)
		_, err = assume("no XML")
		worldtest.RequireError(t, err, "InvalidIdentityToken", notAResponse)
	})
}
