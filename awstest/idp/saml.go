package idp

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/beevik/etree"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/sts/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// A SAMLProvider is a SAML 2.0 identity provider that an account trusts. It gives
// out real, signed responses, for sts:AssumeRoleWithSAML to verify.
type SAMLProvider struct {
	account     *awstest.Account
	arn, issuer string
	signing     *dsig.SigningContext
	encryption  *rsa.PublicKey // nil: assertions are not encrypted
}

// SAML makes a SAML provider: the identity provider with a key of its own,
// and the account's IAM provider with its metadata. To make the key takes some
// tenths of a second.
func SAML(a *awstest.Account, name string) *SAMLProvider {
	a.TB().Helper()
	saml.Enable(a.World())
	p := &SAMLProvider{account: a, issuer: "https://idp.example.com/" + name}
	metadata, err := p.setUp()
	if err != nil {
		a.TB().Fatalf("idp: SAML provider %s: %v", name, err)
		return nil
	}
	in := &awsiam.CreateSAMLProviderInput{Name: &name, SAMLMetadataDocument: &metadata}
	p.arn = *awstest.Do[awsiam.CreateSAMLProviderOutput](a, in).SAMLProviderArn
	return p
}

// setUp makes the provider's key and certificate, and returns its metadata.
func (p *SAMLProvider) setUp() (metadata string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	now := p.account.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp.example.com"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(10, 0, 0),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	if p.signing, err = dsig.NewSigningContext(key, [][]byte{certificate}); err != nil {
		return "", err
	}
	p.signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	doc := etree.NewDocument()
	entity := doc.CreateElement("md:EntityDescriptor")
	entity.CreateAttr("xmlns:md", "urn:oasis:names:tc:SAML:2.0:metadata")
	entity.CreateAttr("entityID", p.issuer)
	sso := entity.CreateElement("md:IDPSSODescriptor")
	sso.CreateAttr("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol")
	described := sso.CreateElement("md:KeyDescriptor")
	described.CreateAttr("use", "signing")
	info := described.CreateElement("ds:KeyInfo")
	info.CreateAttr("xmlns:ds", dsig.Namespace)
	info.CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").SetText(base64.StdEncoding.EncodeToString(certificate))
	service := sso.CreateElement("md:SingleSignOnService")
	service.CreateAttr("Binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")
	service.CreateAttr("Location", p.issuer+"/sso")
	return doc.WriteToString()
}

// ARN returns the provider's ARN, which trust policies name as "Federated".
func (p *SAMLProvider) ARN() string { return p.arn }

// A SAMLUser is who has signed in, and what the provider's response says of it.
type SAMLUser struct {
	// Name is the persistent name of the user: saml:sub.
	Name string
	// SessionName is the attribute RoleSessionName; empty is Name.
	SessionName string
	// SourceIdentity is the attribute of that name, if any.
	SourceIdentity string
	// SessionDuration is the attribute of that name, if any.
	SessionDuration time.Duration
	// Tags are the attributes PrincipalTag:KEY, TransitiveTags those of their keys
	// that last over a chain of roles.
	Tags           map[string]string
	TransitiveTags []string
	// Attributes are further ones, by name.
	Attributes map[string][]string
	// Audience and Recipient are for whom the response is; empty is
	// "https://signin.aws.amazon.com/saml".
	Audience, Recipient string
	// Age is how long ago the response was issued. AWS takes it for five minutes.
	Age time.Duration
}

const (
	awsSAML         = "https://signin.aws.amazon.com/saml"
	samlAttribute   = "https://aws.amazon.com/SAML/Attributes/"
	samlAssertionNS = "urn:oasis:names:tc:SAML:2.0:assertion"
)

// Response returns a response with a signed assertion, in base 64, which lets the
// user assume the role.
func (p *SAMLProvider) Response(role *awstest.Principal, user SAMLUser) string {
	t := p.account.TB()
	t.Helper()
	now := p.account.Now().UTC().Add(-user.Age)
	response := etree.NewElement("samlp:Response")
	response.CreateAttr("xmlns:samlp", "urn:oasis:names:tc:SAML:2.0:protocol")
	response.CreateAttr("ID", "_"+p.account.World().IDs().Hex(32))
	response.CreateAttr("Version", "2.0")
	response.CreateAttr("IssueInstant", now.Format(time.RFC3339))
	response.CreateElement("samlp:Status").CreateElement("samlp:StatusCode").CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")
	signed, err := p.signing.SignEnveloped(p.assertion(role, user, now))
	if err != nil {
		t.Fatalf("idp: SAML response: %v", err)
		return ""
	}
	if p.encryption != nil {
		if signed, err = encrypted(signed, p.encryption); err != nil {
			t.Fatalf("idp: SAML response: %v", err)
			return ""
		}
	}
	response.AddChild(signed)
	doc := etree.NewDocument()
	doc.SetRoot(response)
	text, err := doc.WriteToBytes()
	if err != nil {
		t.Fatalf("idp: SAML response: %v", err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

func (p *SAMLProvider) assertion(role *awstest.Principal, user SAMLUser, now time.Time) *etree.Element {
	until := now.Add(5 * time.Minute).Format(time.RFC3339)
	assertion := etree.NewElement("saml:Assertion")
	assertion.CreateAttr("xmlns:saml", samlAssertionNS)
	assertion.CreateAttr("ID", "_"+p.account.World().IDs().Hex(32))
	assertion.CreateAttr("Version", "2.0")
	assertion.CreateAttr("IssueInstant", now.Format(time.RFC3339))
	assertion.CreateElement("saml:Issuer").SetText(p.issuer)
	subject := assertion.CreateElement("saml:Subject")
	name := subject.CreateElement("saml:NameID")
	name.CreateAttr("Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
	name.SetText(user.Name)
	confirmation := subject.CreateElement("saml:SubjectConfirmation")
	confirmation.CreateAttr("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
	data := confirmation.CreateElement("saml:SubjectConfirmationData")
	data.CreateAttr("NotOnOrAfter", until)
	data.CreateAttr("Recipient", cmp.Or(user.Recipient, awsSAML))
	conditions := assertion.CreateElement("saml:Conditions")
	conditions.CreateAttr("NotBefore", now.Add(-time.Minute).Format(time.RFC3339))
	conditions.CreateAttr("NotOnOrAfter", until)
	conditions.CreateElement("saml:AudienceRestriction").CreateElement("saml:Audience").SetText(cmp.Or(user.Audience, awsSAML))
	assertion.CreateElement("saml:AuthnStatement").CreateAttr("AuthnInstant", now.Format(time.RFC3339))
	statement := assertion.CreateElement("saml:AttributeStatement")
	attribute := func(name string, values ...string) {
		a := statement.CreateElement("saml:Attribute")
		a.CreateAttr("Name", name)
		for _, value := range values {
			a.CreateElement("saml:AttributeValue").SetText(value)
		}
	}
	attribute(samlAttribute+"Role", role.ARN()+","+p.arn)
	attribute(samlAttribute+"RoleSessionName", cmp.Or(user.SessionName, user.Name))
	if user.SourceIdentity != "" {
		attribute(samlAttribute+"SourceIdentity", user.SourceIdentity)
	}
	if user.SessionDuration != 0 {
		attribute(samlAttribute+"SessionDuration", strconv.Itoa(int(user.SessionDuration/time.Second)))
	}
	for _, key := range slices.Sorted(maps.Keys(user.Tags)) {
		attribute(samlAttribute+"PrincipalTag:"+key, user.Tags[key])
	}
	if user.TransitiveTags != nil {
		attribute(samlAttribute+"TransitiveTagKeys", user.TransitiveTags...)
	}
	for _, name := range slices.Sorted(maps.Keys(user.Attributes)) {
		attribute(name, user.Attributes[name]...)
	}
	return assertion
}

// AssumeRole calls sts:AssumeRoleWithSAML with a response for the user, and returns
// the session. The error is AWS's.
func (p *SAMLProvider) AssumeRole(role *awstest.Principal, user SAMLUser) (*awstest.Principal, error) {
	p.account.TB().Helper()
	response := p.Response(role, user)
	return assume(p.account, func(ctx context.Context, client *awssts.Client) (*awssts.AssumeRoleOutput, error) {
		out, err := client.AssumeRoleWithSAML(ctx, &awssts.AssumeRoleWithSAMLInput{
			RoleArn: aws.String(role.ARN()), PrincipalArn: &p.arn, SAMLAssertion: &response,
		})
		if err != nil {
			return nil, err
		}
		return &awssts.AssumeRoleOutput{AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials}, nil
	})
}
