package idp_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/beevik/etree"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const withSAML = "sts:AssumeRoleWithSAML"

func TestSAML(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		corp := idp.SAML(acct, "corp")
		role := acct.NewRole("staff",
			awstest.Trust(awstest.Allow(withSAML, "sts:TagSession", "sts:SetSourceIdentity").By(corp.ARN()).
				If("StringEquals", "saml:aud", "https://signin.aws.amazon.com/saml").
				If("StringEquals", "saml:doc", acct.ID()+"/corp").
				If("StringEquals", "saml:iss", "https://idp.example.com/corp").
				If("ForAnyValue:StringLike", "saml:edupersonaffiliation", "staff")),
			awstest.Allow("s3:ListAllMyBuckets").If("StringEquals", "aws:PrincipalTag/team", "blue").
				If("StringEquals", "saml:sub", "alice").If("StringEquals", "saml:sub_type", "persistent").
				If("StringEquals", "aws:SourceIdentity", "a.smith").If("Null", "saml:aud", "true"))
		user := idp.SAMLUser{
			Name: "alice", SessionName: "alice@example.com", SourceIdentity: "a.smith", Tags: map[string]string{"team": "blue"},
			Attributes: map[string][]string{"urn:oid:1.3.6.1.4.1.5923.1.1.1.1": {"member", "staff"}},
		}
		session, err := corp.AssumeRole(role, user)
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/staff/alice@example.com", session.ARN())
		_, err = s3.NewFromConfig(session.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		awstest.AssertAllowed(t, err)

		user.Attributes = nil
		_, err = corp.AssumeRole(role, user)
		awstest.AssertDenied(t, err, withSAML)
		plain := acct.NewRole("plain", awstest.Trust(awstest.Allow(withSAML).By(corp.ARN())))
		_, err = corp.AssumeRole(plain, user)
		awstest.AssertDenied(t, err, "sts:SetSourceIdentity")
		_, err = corp.AssumeRole(acct.NewRole("others"), user)
		awstest.AssertDenied(t, err, withSAML)
	})
}

func TestSAMLOutput(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	corp := idp.SAML(acct, "corp")
	role := acct.NewRole("staff", awstest.Trust(awstest.Allow(withSAML).By(corp.ARN())))
	response := corp.Response(role, idp.SAMLUser{Name: "alice", SessionDuration: 20 * time.Minute})
	in := &sts.AssumeRoleWithSAMLInput{RoleArn: aws.String(role.ARN()), PrincipalArn: aws.String(corp.ARN()), SAMLAssertion: &response}
	out, err := sts.NewFromConfig(acct.Anonymous().Config()).AssumeRoleWithSAML(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, "https://signin.aws.amazon.com/saml", *out.Audience)
	assert.Equal(t, "https://idp.example.com/corp", *out.Issuer)
	assert.Equal(t, "alice", *out.Subject)
	assert.Equal(t, "persistent", *out.SubjectType)
	// BASE64(SHA1("https://idp.example.com/corp" + "000000000000" + "/corp"))
	assert.Equal(t, "bACkIxjR4jWIQ3dplb4IncuXYoY=", *out.NameQualifier)
	assert.WithinDuration(t, acct.Now().Add(20*time.Minute), *out.Credentials.Expiration, 5*time.Second)
	in.DurationSeconds = aws.Int32(7200)
	_, err = sts.NewFromConfig(acct.Anonymous().Config()).AssumeRoleWithSAML(t.Context(), in)
	requireCode(t, err, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
}

// What is wrong with a response, in AWS's words.
func TestSAMLErrors(t *testing.T) {
	t.Parallel()
	eachDoor(t, samlErrors)
}

func samlErrors(t *testing.T, acct *awstest.Account) {
	corp, other := idp.SAML(acct, "corp"), idp.SAML(acct, "other")
	trusting := func(name string) *awstest.Principal {
		return acct.NewRole(name, awstest.Trust(awstest.Allow(withSAML).By(corp.ARN(), other.ARN())))
	}
	role, another := trusting("staff"), trusting("another")
	alice := idp.SAMLUser{Name: "alice"}
	with := func(change func(*idp.SAMLUser)) string {
		user := alice
		change(&user)
		return corp.Response(role, user)
	}
	const (
		invalid = "InvalidIdentityToken"
		late    = "Token must be redeemed within 5 minutes of issuance"
	)
	for name, tc := range map[string]struct{ response, code, message string }{
		"of another provider":     {other.Response(role, alice), invalid, "Response signature invalid"},
		"for another role":        {corp.Response(another, alice), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"},
		"not base 64":             {"****", invalid, "The SAML response could not be read."},
		"not XML":                 {base64.StdEncoding.EncodeToString([]byte("<a")), invalid, "The SAML response could not be read."},
		"something else":          {base64.StdEncoding.EncodeToString([]byte("<a/>")), invalid, "The SAML response could not be read."},
		"late":                    {with(func(u *idp.SAMLUser) { u.Age = 6 * time.Minute }), "ExpiredTokenException", late},
		"for somebody else":       {with(func(u *idp.SAMLUser) { u.Audience = "https://example.com" }), invalid, "Response does not contain the required audience."},
		"sent somewhere else":     {with(func(u *idp.SAMLUser) { u.Recipient = "https://signin.aws.amazon.com.evil.com/saml" }), invalid, "The recipient of the SAML response is not AWS."},
		"of a region":             {with(func(u *idp.SAMLUser) { u.Recipient = "https://eu-west-1.signin.aws.amazon.com/saml" }), "", ""},
		"session name":            {with(func(u *idp.SAMLUser) { u.SessionName = "a b" }), invalid, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		"no name":                 {corp.Response(role, idp.SAMLUser{SessionName: "x1"}), invalid, "The SAML response names nobody."},
		"source identity":         {with(func(u *idp.SAMLUser) { u.SourceIdentity = "aws:x" }), invalid, `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`},
		"source identity, denied": {with(func(u *idp.SAMLUser) { u.SourceIdentity = "me" }), "AccessDenied", "Not authorized to perform sts:SetSourceIdentity"},
		"duration of a session":   {with(func(u *idp.SAMLUser) { u.SessionDuration = 13 * time.Hour }), "ValidationError", "1 validation error detected: Value '46800' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"},
		"no status":               {edit(t, corp.Response(role, alice), func(doc *etree.Document) { doc.Root().RemoveChild(doc.Root().SelectElement("Status")) }), invalid, "The SAML response does not report success."},
		"encrypted for nobody": {edit(t, corp.Response(role, alice), func(doc *etree.Document) {
			encrypted := doc.Root().CreateElement("saml:EncryptedAssertion")
			encrypted.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
		}), invalid, "The SAML assertion could not be decrypted."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := redeem(t, acct, corp, role, tc.response)
			if tc.code == "" {
				require.NoError(t, err)
				return
			}
			requireCode(t, err, tc.code, tc.message)
		})
	}
	t.Run("no provider", func(t *testing.T) {
		_, err := sts.NewFromConfig(acct.Anonymous().Config()).AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{
			RoleArn: aws.String(role.ARN()), PrincipalArn: aws.String("arn:aws:iam::000000000000:saml-provider/none"), SAMLAssertion: aws.String(corp.Response(role, alice))})
		requireCode(t, err, invalid, "Specified provider doesn't exist")
		_, err = sts.NewFromConfig(acct.Anonymous().Config()).AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{
			RoleArn: aws.String("arn:aws:iam::111111111111:role/staff"), PrincipalArn: aws.String(corp.ARN()), SAMLAssertion: aws.String(corp.Response(role, alice))})
		requireCode(t, err, "AccessDenied", "Principal exists outside the account of the Role being assumed")
	})
	t.Run("old metadata", func(t *testing.T) {
		alone := awstest.New(t)
		provider := idp.SAML(alone, "corp")
		role := alone.NewRole("staff", awstest.Trust(awstest.Allow(withSAML).By(provider.ARN())))
		client := awsiam.NewFromConfig(alone.Config())
		got, err := client.GetSAMLProvider(t.Context(), &awsiam.GetSAMLProviderInput{SAMLProviderArn: aws.String(provider.ARN())})
		require.NoError(t, err)
		old := strings.Replace(*got.SAMLMetadataDocument, "entityID=", `validUntil="2001-01-01T00:00:00Z" entityID=`, 1)
		_, err = client.UpdateSAMLProvider(t.Context(), &awsiam.UpdateSAMLProviderInput{SAMLProviderArn: aws.String(provider.ARN()), SAMLMetadataDocument: &old})
		require.NoError(t, err)
		_, err = provider.AssumeRole(role, alice)
		requireCode(t, err, invalid, "The metadata of the SAML provider have expired.")
	})
}

// redeem calls AssumeRoleWithSAML with a response.
func redeem(t testing.TB, acct *awstest.Account, p *idp.SAMLProvider, role *awstest.Principal, response string) error {
	t.Helper()
	_, err := sts.NewFromConfig(acct.Anonymous().Config()).AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{
		RoleArn: aws.String(role.ARN()), PrincipalArn: aws.String(p.ARN()), SAMLAssertion: &response,
	})
	return err
}

// edit changes a response after it was signed.
func edit(t testing.TB, response string, change func(*etree.Document)) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(response)
	require.NoError(t, err)
	doc := etree.NewDocument()
	require.NoError(t, doc.ReadFromBytes(text))
	change(doc)
	text, err = doc.WriteToBytes()
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(text)
}

// Signature wrapping: a response with a good signature, around or beside which
// somebody has put an assertion about a user who has not signed in.
func TestSAMLSignatureWrapping(t *testing.T) {
	t.Parallel()
	eachDoor(t, wrappedSignatures)
}

func wrappedSignatures(t *testing.T, acct *awstest.Account) {
	corp := idp.SAML(acct, "corp")
	role := acct.NewRole("staff",
		awstest.Trust(awstest.Allow(withSAML).By(corp.ARN()).If("StringEquals", "saml:sub", "admin")))
	signed := corp.Response(role, idp.SAMLUser{Name: "guest"})
	require.NoError(t, redeem(t, acct, corp, role, corp.Response(role, idp.SAMLUser{Name: "admin"})))

	// forged is the guest's assertion about the admin, with or without the guest's
	// signature, under the same ID or another one.
	forged := func(doc *etree.Document, id string, keepSignature bool) *etree.Element {
		f := doc.Root().SelectElement("Assertion").Copy()
		f.FindElement(".//NameID").SetText("admin")
		if !keepSignature {
			f.RemoveChild(f.SelectElement("Signature"))
		}
		if id != "" {
			f.CreateAttr("ID", id)
		}
		return f
	}
	for name, attack := range map[string]func(*etree.Document){
		"changed name":      func(doc *etree.Document) { doc.FindElement("//NameID").SetText("admin") },
		"changed attribute": func(doc *etree.Document) { doc.FindElement("//AttributeValue").SetText("x") },
		"no signature": func(doc *etree.Document) {
			a := doc.Root().SelectElement("Assertion")
			a.RemoveChild(a.SelectElement("Signature"))
			a.FindElement(".//NameID").SetText("admin")
		},
		"forged first":    func(doc *etree.Document) { doc.Root().InsertChildAt(0, forged(doc, "_evil", false)) },
		"forged last":     func(doc *etree.Document) { doc.Root().AddChild(forged(doc, "_evil", false)) },
		"forged, same ID": func(doc *etree.Document) { doc.Root().InsertChildAt(0, forged(doc, "", false)) },
		"original inside forged": func(doc *etree.Document) {
			original := doc.Root().SelectElement("Assertion")
			f := forged(doc, "_evil", false)
			doc.Root().RemoveChild(original)
			f.AddChild(original)
			doc.Root().AddChild(f)
		},
		"original inside the forged signature": func(doc *etree.Document) {
			original := doc.Root().SelectElement("Assertion")
			f := forged(doc, "_evil", true)
			doc.Root().RemoveChild(original)
			object := f.SelectElement("Signature").CreateElement("ds:Object")
			object.AddChild(original)
			doc.Root().AddChild(f)
		},
		"original in an extension": func(doc *etree.Document) {
			original := doc.Root().SelectElement("Assertion")
			f := forged(doc, "", true)
			doc.Root().RemoveChild(original)
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(original)
			doc.Root().InsertChildAt(0, extensions)
			doc.Root().AddChild(f)
		},
		"signature of the response": func(doc *etree.Document) {
			original := doc.Root().SelectElement("Assertion")
			signature := original.SelectElement("Signature").Copy()
			original.FindElement(".//NameID").SetText("admin")
			doc.Root().CreateAttr("ID", original.SelectAttrValue("ID", ""))
			original.CreateAttr("ID", "_evil")
			doc.Root().AddChild(signature)
		},
		"a comment in the name": func(doc *etree.Document) {
			name := doc.FindElement("//NameID")
			name.SetText("admin")
			name.CreateComment("x")
			name.CreateText(".evil.com")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, redeem(t, acct, corp, role, edit(t, signed, attack)))
		})
	}
	t.Run("a comment in a signed name", func(t *testing.T) {
		t.Parallel()
		// Canonical XML leaves comments out, so that the signature stays good: the
		// name must be read as if they were not there.
		response := edit(t, corp.Response(role, idp.SAMLUser{Name: "admin.evil.com"}), func(doc *etree.Document) {
			name := doc.FindElement("//NameID")
			name.SetText("admin")
			name.CreateComment("x")
			name.CreateText(".evil.com")
		})
		awstest.AssertDenied(t, redeem(t, acct, corp, role, response), withSAML)
	})
}
