package iam

import (
	"context"
	"crypto/rsa"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Quotas of SAML providers.
const (
	maxPrivateKeys = 2 // of a provider: an old one and a new one
)

// Texts about SAML providers.
const (
	// Unverified: from one report of a user's.
	samlExists = "Provider with name %s already exists."
	// Unverified: an ARN of no provider.
	samlNotFound = "Manifest not found for arn %s"

	// The texts of User Guide page "Troubleshoot SAML federation with IAM". With
	// which code IAM says each of them is unverified.
	noChange           = "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
	twoKeyChanges      = "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."
	tooManyPrivateKeys = "Private key limit of 2 is reached."
	invalidPrivateKey  = "Invalid private key."
	lastPrivateKey     = "Failed to remove private key."
	noPrivateKey       = "Failed to remove private key because the Key ID does not match a private key."
	encryptionNeedsKey = "Unable to set assertion encryption mode to Required because no private key is provided."
)

// A samlProvider is an identity provider that speaks SAML 2.0.
type samlProvider struct {
	arn, uuid  string
	metadata   samlMetadata
	encryption types.AssertionEncryptionModeType
	keys       []samlKey // oldest first
	created    time.Time
	tags       tagSet
}

// A samlKey is a private key with which a provider's assertions are decrypted.
type samlKey struct {
	types.SAMLPrivateKey
	private *rsa.PrivateKey
}

// inSAMLProvider is inAccount for an operation on a provider that must exist.
func inSAMLProvider[O any](ctx context.Context, s *Fake, in any, arn *string, do func(*samlProvider) (*O, error)) (*O, error) {
	return inAccount(ctx, s, in, func(a *account) (*O, error) {
		p, ok := a.saml.Get(*arn)
		if !ok {
			return nil, noSuchEntity(samlNotFound, *arn)
		}
		return do(p)
	})
}

func samlARN(account, name string) string { return iamARN(account, "saml-provider", "/", name) }

// A samlChange is what a request changes of a SAML provider.
type samlChange struct {
	document, addKey, removeKey *string
	encryption                  types.AssertionEncryptionModeType
}

// apply changes a provider, or does nothing when one of the changes may not be.
func (s *Fake) apply(p *samlProvider, c samlChange) error {
	if c.addKey != nil && c.removeKey != nil {
		return invalidInput(twoKeyChanges)
	}
	next := *p
	if c.document != nil {
		m, err := readMetadata(*c.document)
		if err != nil {
			return err
		}
		next.metadata = m
	}
	if c.encryption != "" {
		next.encryption = c.encryption
	}
	if err := s.changeKeys(&next, c); err != nil {
		return err
	}
	*p = next
	return nil
}

// changeKeys adds or removes a private key. A provider whose assertions must be
// encrypted keeps one.
func (s *Fake) changeKeys(p *samlProvider, c samlChange) error {
	p.keys = slices.Clone(p.keys)
	if c.addKey != nil {
		private, err := parseSAMLKey(*c.addKey)
		if err != nil {
			return err
		}
		if len(p.keys) >= maxPrivateKeys {
			return &types.LimitExceededException{Message: aws.String(tooManyPrivateKeys)}
		}
		p.keys = append(p.keys, samlKey{
			SAMLPrivateKey: types.SAMLPrivateKey{KeyId: aws.String(s.world.IDs().HexUpper(32)), Timestamp: aws.Time(s.now())},
			private:        private,
		})
	}
	if c.removeKey != nil {
		before := len(p.keys)
		p.keys = slices.DeleteFunc(p.keys, func(k samlKey) bool { return *k.KeyId == *c.removeKey })
		if len(p.keys) == before {
			return noSuchEntity(noPrivateKey)
		}
	}
	if p.encryption == types.AssertionEncryptionModeTypeRequired && len(p.keys) == 0 {
		if c.removeKey != nil {
			return invalidInput(lastPrivateKey)
		}
		return invalidInput(encryptionNeedsKey)
	}
	return nil
}

// privateKeys describes the keys of a provider.
func (p *samlProvider) privateKeys() []types.SAMLPrivateKey {
	list := make([]types.SAMLPrivateKey, len(p.keys))
	for i, k := range p.keys {
		list[i] = k.SAMLPrivateKey
	}
	return list
}

// CreateSAMLProvider makes a SAML provider out of its metadata document.
func (s *Fake) CreateSAMLProvider(ctx context.Context, in *sdk.CreateSAMLProviderInput) (*sdk.CreateSAMLProviderOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateSAMLProviderOutput, error) {
		p := &samlProvider{arn: samlARN(a.id, *in.Name), uuid: s.world.IDs().HexUpper(32), created: s.moment()}
		if err := p.tags.put(in.Tags, "SAMLProvider"); err != nil {
			return nil, err
		}
		err := s.apply(p, samlChange{document: in.SAMLMetadataDocument, addKey: in.AddPrivateKey, encryption: in.AssertionEncryptionMode})
		if err != nil {
			return nil, err
		}
		if _, exists := a.saml.Get(p.arn); exists {
			return nil, alreadyExists(samlExists, *in.Name)
		}
		if err := a.room(samlProvidersQuota, a.saml.Len()); err != nil {
			return nil, err
		}
		a.saml.Set(p.arn, p)
		return &sdk.CreateSAMLProviderOutput{SAMLProviderArn: aws.String(p.arn), Tags: p.tags.all()}, nil
	})
}

// GetSAMLProvider returns the metadata document of a SAML provider.
func (s *Fake) GetSAMLProvider(ctx context.Context, in *sdk.GetSAMLProviderInput) (*sdk.GetSAMLProviderOutput, error) {
	return inSAMLProvider(ctx, s, in, in.SAMLProviderArn, func(p *samlProvider) (*sdk.GetSAMLProviderOutput, error) {
		return &sdk.GetSAMLProviderOutput{
			AssertionEncryptionMode: p.encryption,
			CreateDate:              aws.Time(p.created.Truncate(time.Second)),
			PrivateKeyList:          p.privateKeys(),
			SAMLMetadataDocument:    aws.String(p.metadata.document),
			SAMLProviderUUID:        aws.String(p.uuid),
			Tags:                    p.tags.all(),
			ValidUntil:              aws.Time(p.validUntil()),
		}, nil
	})
}

// validUntil is when the metadata expire. Those that do not say are good for a
// hundred years, which is what IAM shows.
func (p *samlProvider) validUntil() time.Time {
	if p.metadata.validUntil.IsZero() {
		return p.created.AddDate(100, 0, 0)
	}
	return p.metadata.validUntil
}

// UpdateSAMLProvider changes the metadata document, the encryption or the keys
// of a SAML provider.
func (s *Fake) UpdateSAMLProvider(ctx context.Context, in *sdk.UpdateSAMLProviderInput) (*sdk.UpdateSAMLProviderOutput, error) {
	return inSAMLProvider(ctx, s, in, in.SAMLProviderArn, func(p *samlProvider) (*sdk.UpdateSAMLProviderOutput, error) {
		c := samlChange{document: in.SAMLMetadataDocument, addKey: in.AddPrivateKey, removeKey: in.RemovePrivateKey, encryption: in.AssertionEncryptionMode}
		if c == (samlChange{}) {
			return nil, invalidInput(noChange)
		}
		err := s.apply(p, c)
		return &sdk.UpdateSAMLProviderOutput{SAMLProviderArn: aws.String(p.arn)}, err
	})
}

// DeleteSAMLProvider deletes a SAML provider.
func (s *Fake) DeleteSAMLProvider(ctx context.Context, in *sdk.DeleteSAMLProviderInput) (*sdk.DeleteSAMLProviderOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.DeleteSAMLProviderOutput, error) {
		if _, ok := a.saml.Delete(*in.SAMLProviderArn); !ok {
			return nil, noSuchEntity(samlNotFound, *in.SAMLProviderArn)
		}
		return &sdk.DeleteSAMLProviderOutput{}, nil
	})
}

// ListSAMLProviders lists the account's SAML providers by ARN.
func (s *Fake) ListSAMLProviders(ctx context.Context, in *sdk.ListSAMLProvidersInput) (*sdk.ListSAMLProvidersOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListSAMLProvidersOutput, error) {
		out := &sdk.ListSAMLProvidersOutput{SAMLProviderList: []types.SAMLProviderListEntry{}}
		a.saml.Scan(func(arn string, p *samlProvider) bool {
			out.SAMLProviderList = append(out.SAMLProviderList, types.SAMLProviderListEntry{
				Arn: aws.String(arn), CreateDate: aws.Time(p.created.Truncate(time.Second)), ValidUntil: aws.Time(p.validUntil()),
			})
			return true
		})
		return out, nil
	})
}

// TagSAMLProvider adds tags to a provider or replaces their values.
func (s *Fake) TagSAMLProvider(ctx context.Context, in *sdk.TagSAMLProviderInput) (*sdk.TagSAMLProviderOutput, error) {
	return inSAMLProvider(ctx, s, in, in.SAMLProviderArn, func(p *samlProvider) (*sdk.TagSAMLProviderOutput, error) {
		return &sdk.TagSAMLProviderOutput{}, p.tags.put(in.Tags, "SAMLProvider")
	})
}

// UntagSAMLProvider removes tags from a provider.
func (s *Fake) UntagSAMLProvider(ctx context.Context, in *sdk.UntagSAMLProviderInput) (*sdk.UntagSAMLProviderOutput, error) {
	return inSAMLProvider(ctx, s, in, in.SAMLProviderArn, func(p *samlProvider) (*sdk.UntagSAMLProviderOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagSAMLProviderOutput{}, nil
	})
}

// ListSAMLProviderTags lists the tags of a provider by key.
func (s *Fake) ListSAMLProviderTags(ctx context.Context, in *sdk.ListSAMLProviderTagsInput) (*sdk.ListSAMLProviderTagsOutput, error) {
	return inSAMLProvider(ctx, s, in, in.SAMLProviderArn, func(p *samlProvider) (*sdk.ListSAMLProviderTagsOutput, error) {
		t, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListSAMLProviderTagsOutput{Tags: t.items, IsTruncated: t.truncated, Marker: t.marker}, err
	})
}
