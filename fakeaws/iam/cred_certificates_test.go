package iam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A certificate is one that a test has made, with its key.
type certificate struct {
	*x509.Certificate
	private      *ecdsa.PrivateKey
	body, secret string // PEM
}

// newCertificate makes a certificate that issuer has signed; nil: itself.
func newCertificate(t testing.TB, name string, issuer *certificate, change ...func(*x509.Certificate)) *certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	for _, f := range change {
		f(template)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.Certificate, issuer.private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	secret, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return &certificate{parsed, key, block("CERTIFICATE", der), block("EC PRIVATE KEY", secret)}
}

func TestSigningCertificateLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "alice", allowAll)
		w.user(t, "bob")
		upload := func(c *certificate) (*sdk.UploadSigningCertificateOutput, error) {
			return client.UploadSigningCertificate(ctx, &sdk.UploadSigningCertificateInput{CertificateBody: &c.body})
		}
		first := newCertificate(t, "one", nil)
		made, err := upload(first)
		require.NoError(t, err)
		assert.Regexp(t, "^[A-Z2-7]{32}$", *made.Certificate.CertificateId)
		assert.Equal(t, types.StatusTypeActive, made.Certificate.Status)
		_, err = w.iam.UploadSigningCertificate(w.root, &sdk.UploadSigningCertificateInput{UserName: aws.String("bob"), CertificateBody: &first.body})
		requireError(t, err, "DuplicateCertificate", "The certificate already exists.")
		_, err = upload(newCertificate(t, "two", nil))
		require.NoError(t, err)
		_, err = upload(newCertificate(t, "three", nil))
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for CertificatesPerUser: 2")

		id := made.Certificate.CertificateId
		_, err = client.UpdateSigningCertificate(ctx, &sdk.UpdateSigningCertificateInput{CertificateId: id, Status: types.StatusTypeInactive})
		require.NoError(t, err)
		var bodies []string
		pages := sdk.NewListSigningCertificatesPaginator(client, &sdk.ListSigningCertificatesInput{UserName: aws.String("alice"), MaxItems: aws.Int32(1)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			require.NoError(t, err)
			require.Len(t, page.Certificates, 1)
			c := page.Certificates[0]
			bodies = append(bodies, *c.CertificateBody)
			assert.Equal(t, *c.CertificateId == *id, c.Status == types.StatusTypeInactive)
		}
		assert.Contains(t, bodies, first.body)
		assert.Len(t, bodies, 2)

		_, err = client.DeleteSigningCertificate(ctx, &sdk.DeleteSigningCertificateInput{CertificateId: id})
		require.NoError(t, err)
		_, err = client.DeleteSigningCertificate(ctx, &sdk.DeleteSigningCertificateInput{CertificateId: id})
		requireError(t, err, "NoSuchEntity", "The Certificate with id "+*id+" cannot be found.")
		_, err = upload(first)
		require.NoError(t, err, "it is no longer a duplicate")

		_, err = client.UploadSigningCertificate(ctx, &sdk.UploadSigningCertificateInput{CertificateBody: aws.String("no certificate")})
		requireError(t, err, "MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format.")
		_, err = upload(newCertificate(t, "old", nil, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))
		requireError(t, err, "InvalidCertificate", "The certificate is not valid at this time.")
	})
}

func TestServerCertificateLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "admin", allowAll)
		authority := newCertificate(t, "root", nil)
		between := newCertificate(t, "intermediate", authority)
		leaf := newCertificate(t, "www", between)
		name := aws.String("www")
		made, err := client.UploadServerCertificate(ctx, &sdk.UploadServerCertificateInput{
			ServerCertificateName: name, Path: aws.String("/cloudfront/"), CertificateBody: &leaf.body, PrivateKey: &leaf.secret,
			CertificateChain: aws.String(between.body + authority.body),
			Tags:             []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		})
		require.NoError(t, err)
		m := made.ServerCertificateMetadata
		assert.Equal(t, "arn:aws:iam::111122223333:server-certificate/cloudfront/www", *m.Arn)
		assert.Regexp(t, "^ASCA[A-Z2-7]{17}$", *m.ServerCertificateId)
		assert.Equal(t, leaf.NotAfter, *m.Expiration)
		assert.Len(t, made.Tags, 1)

		got, err := client.GetServerCertificate(ctx, &sdk.GetServerCertificateInput{ServerCertificateName: name})
		require.NoError(t, err)
		assert.Equal(t, leaf.body, *got.ServerCertificate.CertificateBody)
		assert.Equal(t, between.body+authority.body, *got.ServerCertificate.CertificateChain)
		_, err = client.UploadServerCertificate(ctx, &sdk.UploadServerCertificateInput{ServerCertificateName: aws.String("WWW"), CertificateBody: &leaf.body, PrivateKey: &leaf.secret})
		requireError(t, err, "EntityAlreadyExists", "The Server Certificate with name WWW already exists.")

		_, err = client.UpdateServerCertificate(ctx, &sdk.UpdateServerCertificateInput{ServerCertificateName: name, NewServerCertificateName: aws.String("web"), NewPath: aws.String("/x/")})
		require.NoError(t, err)
		_, err = client.GetServerCertificate(ctx, &sdk.GetServerCertificateInput{ServerCertificateName: name})
		requireError(t, err, "NoSuchEntity", "The Server Certificate with name www cannot be found.")
		list, err := client.ListServerCertificates(ctx, &sdk.ListServerCertificatesInput{PathPrefix: aws.String("/x/")})
		require.NoError(t, err)
		require.Len(t, list.ServerCertificateMetadataList, 1)
		assert.Equal(t, "arn:aws:iam::111122223333:server-certificate/x/web", *list.ServerCertificateMetadataList[0].Arn)
		list, err = client.ListServerCertificates(ctx, &sdk.ListServerCertificatesInput{PathPrefix: aws.String("/y/")})
		require.NoError(t, err)
		assert.Empty(t, list.ServerCertificateMetadataList)

		web := aws.String("web")
		_, err = client.TagServerCertificate(ctx, &sdk.TagServerCertificateInput{ServerCertificateName: web, Tags: []types.Tag{{Key: aws.String("K"), Value: aws.String("w")}, {Key: aws.String("x"), Value: aws.String("y")}}})
		require.NoError(t, err)
		_, err = client.UntagServerCertificate(ctx, &sdk.UntagServerCertificateInput{ServerCertificateName: web, TagKeys: []string{"x"}})
		require.NoError(t, err)
		tags, err := client.ListServerCertificateTags(ctx, &sdk.ListServerCertificateTagsInput{ServerCertificateName: web})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{{Key: aws.String("K"), Value: aws.String("w")}}, tags.Tags)
		_, err = client.DeleteServerCertificate(ctx, &sdk.DeleteServerCertificateInput{ServerCertificateName: web})
		require.NoError(t, err)
		_, err = client.DeleteServerCertificate(ctx, &sdk.DeleteServerCertificateInput{ServerCertificateName: web})
		requireError(t, err, "NoSuchEntity", "The Server Certificate with name web cannot be found.")
	})
}

func TestServerCertificateErrors(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		authority := newCertificate(t, "root", nil)
		between := newCertificate(t, "intermediate", authority)
		leaf, other := newCertificate(t, "www", between), newCertificate(t, "other", authority)
		early := newCertificate(t, "early", nil, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })
		const chain = "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: "
		const parse = "Unable to parse certificate. Please ensure the certificate is in PEM format."
		tests := map[string]struct {
			body, key, chain, code, message string
		}{
			"no PEM":            {"x", leaf.secret, "", "MalformedCertificate", parse},
			"broken DER":        {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", leaf.secret, "", "MalformedCertificate", parse},
			"two certificates":  {leaf.body + between.body, leaf.secret, "", "MalformedCertificate", parse},
			"a key for it":      {leaf.secret, leaf.secret, "", "MalformedCertificate", parse},
			"no key":            {leaf.body, leaf.body, "", "MalformedCertificate", "Invalid Private Key."},
			"key of another":    {leaf.body, other.secret, "", "KeyPairMismatch", "The private key does not match the certificate."},
			"before its time":   {early.body, early.secret, "", "MalformedCertificate", "The certificate is not valid at this time."},
			"wrong chain":       {leaf.body, leaf.secret, authority.body, "MalformedCertificate", chain + "-1"},
			"chain with a gap":  {leaf.body, leaf.secret, between.body + other.body, "MalformedCertificate", chain + "0"},
			"chain with text":   {leaf.body, leaf.secret, between.body + "text", "MalformedCertificate", chain + "-1"},
			"chain the far way": {leaf.body, leaf.secret, authority.body + between.body, "MalformedCertificate", chain + "-1"},
		}
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				in := &sdk.UploadServerCertificateInput{ServerCertificateName: aws.String("n"), CertificateBody: &tc.body, PrivateKey: &tc.key}
				if tc.chain != "" {
					in.CertificateChain = &tc.chain
				}
				_, err := w.iam.UploadServerCertificate(w.root, in)
				requireError(t, err, tc.code, tc.message)
			})
		}
	})
}

func TestServerCertificateQuotaAndPages(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := newCertificate(t, "www", nil)
		upload := func(i int) error {
			_, err := w.iam.UploadServerCertificate(w.root, &sdk.UploadServerCertificateInput{
				ServerCertificateName: aws.String(fmt.Sprintf("c%02d", i)), CertificateBody: &c.body, PrivateKey: &c.secret,
			})
			return err
		}
		for i := range 20 {
			require.NoError(t, upload(i))
		}
		requireError(t, upload(20), "LimitExceeded", "Cannot exceed quota for ServerCertificatesPerAccount: 20")
		page, err := w.iam.ListServerCertificates(w.root, &sdk.ListServerCertificatesInput{MaxItems: aws.Int32(19)})
		require.NoError(t, err)
		page, err = w.iam.ListServerCertificates(w.root, &sdk.ListServerCertificatesInput{Marker: page.Marker})
		require.NoError(t, err)
		require.Len(t, page.ServerCertificateMetadataList, 1)
		assert.Equal(t, "c19", *page.ServerCertificateMetadataList[0].ServerCertificateName)
	})
}
