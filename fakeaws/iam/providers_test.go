package iam_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpenIDConnectProviderLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		url := aws.String("https://token.actions.githubusercontent.com")
		made, err := c.CreateOpenIDConnectProvider(ctx, &sdk.CreateOpenIDConnectProviderInput{
			Url: url, ClientIDList: []string{"sts.amazonaws.com"}, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		})
		require.NoError(t, err)
		arn := made.OpenIDConnectProviderArn
		assert.Equal(t, "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", *arn)
		assert.Len(t, made.Tags, 1)
		_, err = c.CreateOpenIDConnectProvider(ctx, &sdk.CreateOpenIDConnectProviderInput{Url: url})
		requireError(t, err, "EntityAlreadyExists", "Provider with url https://token.actions.githubusercontent.com already exists.")

		for range 2 {
			_, err = c.AddClientIDToOpenIDConnectProvider(ctx, &sdk.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: aws.String("app")})
			require.NoError(t, err, "to do it twice is no error")
		}
		got, err := c.GetOpenIDConnectProvider(ctx, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		require.NoError(t, err)
		assert.Equal(t, "token.actions.githubusercontent.com", *got.Url, "without its scheme")
		assert.Equal(t, []string{"sts.amazonaws.com", "app"}, got.ClientIDList)
		require.Len(t, got.ThumbprintList, 1)
		assert.Len(t, got.ThumbprintList[0], 40)
		for range 2 {
			_, err = c.RemoveClientIDFromOpenIDConnectProvider(ctx, &sdk.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: aws.String("app")})
			require.NoError(t, err)
		}
		thumbprint := strings.Repeat("0", 40)
		_, err = c.UpdateOpenIDConnectProviderThumbprint(ctx, &sdk.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{thumbprint}})
		require.NoError(t, err)
		got, err = c.GetOpenIDConnectProvider(ctx, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		require.NoError(t, err)
		assert.Equal(t, []string{"sts.amazonaws.com"}, got.ClientIDList)
		assert.Equal(t, []string{thumbprint}, got.ThumbprintList)

		_, err = c.TagOpenIDConnectProvider(ctx, &sdk.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []types.Tag{{Key: aws.String("K"), Value: aws.String("w")}}})
		require.NoError(t, err)
		tags, err := c.ListOpenIDConnectProviderTags(ctx, &sdk.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn})
		require.NoError(t, err)
		assert.Equal(t, "w", *tags.Tags[0].Value)
		_, err = c.UntagOpenIDConnectProvider(ctx, &sdk.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, TagKeys: []string{"k"}})
		require.NoError(t, err)

		all, err := c.ListOpenIDConnectProviders(ctx, &sdk.ListOpenIDConnectProvidersInput{})
		require.NoError(t, err)
		require.Len(t, all.OpenIDConnectProviderList, 1)
		for range 2 {
			_, err = c.DeleteOpenIDConnectProvider(ctx, &sdk.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
			require.NoError(t, err, "idempotent")
		}
		_, err = c.GetOpenIDConnectProvider(ctx, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		requireError(t, err, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+*arn)
	})
}

func TestOpenIDConnectProviderLimits(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		create := func(url string, clients, thumbprints int) error {
			in := &sdk.CreateOpenIDConnectProviderInput{Url: &url}
			for i := range clients {
				in.ClientIDList = append(in.ClientIDList, fmt.Sprint("c", i))
			}
			for i := range thumbprints {
				in.ThumbprintList = append(in.ThumbprintList, fmt.Sprintf("%040d", i))
			}
			_, err := c.CreateOpenIDConnectProvider(ctx, in)
			return err
		}
		const scheme = "Invalid Open ID Connect Provider URL. The URL must begin with https:// and must not have query parameters."
		requireError(t, create("example.com", 0, 0), "ValidationError", "Invalid Open ID Connect Provider URL")
		requireError(t, create("https://", 0, 0), "ValidationError", "Invalid Open ID Connect Provider URL")
		requireError(t, create("http://example.com", 0, 0), "InvalidInput", scheme)
		requireError(t, create("https://example.com/?a=b", 0, 0), "InvalidInput", scheme)
		requireError(t, create("https://example.com", 101, 0), "LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
		requireError(t, create("https://example.com", 0, 6), "InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
		require.NoError(t, create("https://example.com", 100, 5))
		_, err := c.AddClientIDToOpenIDConnectProvider(ctx, &sdk.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: aws.String("arn:aws:iam::111122223333:oidc-provider/example.com"), ClientID: aws.String("more"),
		})
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
		requireError(t, create("https://example.com/", 0, 0), "EntityAlreadyExists", "Provider with url https://example.com/ already exists.")
		for i := range 99 {
			require.NoError(t, create(fmt.Sprintf("https://example.com/%d", i), 0, 0))
		}
		requireError(t, create("https://example.org", 0, 0), "LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
	})
}

// metadata is the metadata document of an identity provider, as long as they
// must be.
func metadata(attributes, body string) *string {
	return aws.String(`<?xml version="1.0"?><!--` + strings.Repeat("x", 1000) + `--><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" ` + attributes + `>` + body + `</EntityDescriptor>`)
}

const sso = `<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>`

func privateKey(t *testing.T) *string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return aws.String(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
}

func TestSAMLProviderLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		document := metadata(`entityID="https://idp.example.com"`, sso)
		made, err := c.CreateSAMLProvider(ctx, &sdk.CreateSAMLProviderInput{Name: aws.String("corp"), SAMLMetadataDocument: document})
		require.NoError(t, err)
		arn := made.SAMLProviderArn
		assert.Equal(t, "arn:aws:iam::111122223333:saml-provider/corp", *arn)
		_, err = c.CreateSAMLProvider(ctx, &sdk.CreateSAMLProviderInput{Name: aws.String("corp"), SAMLMetadataDocument: document})
		requireError(t, err, "EntityAlreadyExists", "Provider with name corp already exists.")
		got, err := c.GetSAMLProvider(ctx, &sdk.GetSAMLProviderInput{SAMLProviderArn: arn})
		require.NoError(t, err)
		assert.Equal(t, *document, *got.SAMLMetadataDocument)
		assert.Equal(t, got.CreateDate.AddDate(100, 0, 0), got.ValidUntil.Truncate(time.Second))

		newer := metadata(`entityID="https://idp.example.com" validUntil="2030-01-02T03:04:05Z"`, sso)
		key := privateKey(t)
		update := &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, SAMLMetadataDocument: newer, AssertionEncryptionMode: types.AssertionEncryptionModeTypeRequired}
		_, err = c.UpdateSAMLProvider(ctx, update)
		requireError(t, err, "InvalidInput", "Unable to set assertion encryption mode to Required because no private key is provided.")
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn})
		requireError(t, err, "InvalidInput", "Unable to update identity provider. No updates are defined for metadata or encryption assertion.")
		update.AddPrivateKey = key
		_, err = c.UpdateSAMLProvider(ctx, update)
		require.NoError(t, err)
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, AddPrivateKey: key})
		require.NoError(t, err)
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, AddPrivateKey: key})
		requireError(t, err, "LimitExceeded", "Private key limit of 2 is reached.")
		got, err = c.GetSAMLProvider(ctx, &sdk.GetSAMLProviderInput{SAMLProviderArn: arn})
		require.NoError(t, err)
		require.Len(t, got.PrivateKeyList, 2)
		assert.Equal(t, "2030-01-02T03:04:05Z", got.ValidUntil.Format("2006-01-02T15:04:05Z"))
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, RemovePrivateKey: got.PrivateKeyList[0].KeyId})
		require.NoError(t, err)
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, RemovePrivateKey: got.PrivateKeyList[0].KeyId})
		requireError(t, err, "NoSuchEntity", "Failed to remove private key because the Key ID does not match a private key.")
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, RemovePrivateKey: got.PrivateKeyList[1].KeyId})
		requireError(t, err, "InvalidInput", "Failed to remove private key.")
		_, err = c.UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{SAMLProviderArn: arn, RemovePrivateKey: got.PrivateKeyList[1].KeyId, AddPrivateKey: key})
		requireError(t, err, "InvalidInput", "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.")

		_, err = c.TagSAMLProvider(ctx, &sdk.TagSAMLProviderInput{SAMLProviderArn: arn, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
		require.NoError(t, err)
		tags, err := c.ListSAMLProviderTags(ctx, &sdk.ListSAMLProviderTagsInput{SAMLProviderArn: arn})
		require.NoError(t, err)
		assert.Len(t, tags.Tags, 1)
		_, err = c.UntagSAMLProvider(ctx, &sdk.UntagSAMLProviderInput{SAMLProviderArn: arn, TagKeys: []string{"k"}})
		require.NoError(t, err)
		all, err := c.ListSAMLProviders(ctx, &sdk.ListSAMLProvidersInput{})
		require.NoError(t, err)
		require.Len(t, all.SAMLProviderList, 1)
		assert.Equal(t, *arn, *all.SAMLProviderList[0].Arn)
		_, err = c.DeleteSAMLProvider(ctx, &sdk.DeleteSAMLProviderInput{SAMLProviderArn: arn})
		require.NoError(t, err)
		_, err = c.DeleteSAMLProvider(ctx, &sdk.DeleteSAMLProviderInput{SAMLProviderArn: arn})
		requireError(t, err, "NoSuchEntity", "Manifest not found for arn "+*arn)
	})
}

func TestSAMLMetadata(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		filler := strings.Repeat(" ", 1000)
		for name, document := range map[string]*string{
			"no XML":              aws.String("{" + filler + "}"),
			"another element":     aws.String("<a>" + filler + "</a>"),
			"another namespace":   aws.String(`<EntityDescriptor entityID="x">` + filler + sso + `</EntityDescriptor>`),
			"no issuer":           metadata("", sso),
			"a service provider":  metadata(`entityID="x"`, "<SPSSODescriptor/>"),
			"unfinished":          aws.String(strings.TrimSuffix(*metadata(`entityID="x"`, sso), ">")),
			"something after it":  aws.String(*metadata(`entityID="x"`, sso) + "<b/>"),
			"a date that is none": metadata(`entityID="x" validUntil="soon"`, sso),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, err := w.iam.CreateSAMLProvider(w.root, &sdk.CreateSAMLProviderInput{Name: aws.String("p"), SAMLMetadataDocument: document})
				requireError(t, err, "InvalidInput", "Could not parse metadata")
			})
		}
		t.Run("private keys", func(t *testing.T) {
			t.Parallel()
			_, err := w.iam.CreateSAMLProvider(w.root, &sdk.CreateSAMLProviderInput{
				Name: aws.String("p"), SAMLMetadataDocument: metadata(`entityID="x"`, sso), AddPrivateKey: aws.String("key"),
			})
			requireError(t, err, "InvalidInput", "Invalid private key.")
		})
	})
}
