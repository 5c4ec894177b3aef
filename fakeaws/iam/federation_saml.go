package iam

import (
	"crypto/rsa"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// samlOps are the operations on SAML providers.
func (s *Fake) samlOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createSAMLProvider),
		fakeaws.Bind(s.getSAMLProvider),
		fakeaws.Bind(s.updateSAMLProvider),
		fakeaws.Bind(s.deleteSAMLProvider),
		fakeaws.Bind(s.listSAMLProviders),
		fakeaws.Bind(s.tagSAMLProvider),
		fakeaws.Bind(s.untagSAMLProvider),
		fakeaws.Bind(s.listSAMLProviderTags),
	}
}

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
	deleted    bool // for the plans that still hold it
}

// A samlKey is a private key with which a provider's assertions are decrypted.
type samlKey struct {
	types.SAMLPrivateKey
	private *rsa.PrivateKey
}

// newSAMLProvider is the target of CreateSAMLProvider.
func newSAMLProvider(name *string) target[*account] {
	return at(func(a *account) string { return samlARN(a.id, *name) })
}

// onSAMLProvider is the target of actions on a provider.
func onSAMLProvider(arn *string) target[*samlProvider] {
	return func(l *lookup) (found[*samlProvider], error) {
		r := resource{arn: *arn}
		p, ok := l.account.saml.Get(*arn)
		if ok {
			r.tags = &p.tags
		}
		return found[*samlProvider]{resources: []resource{r}, value: p, missing: func() error {
			if !ok || p.deleted {
				return noSuchEntity(samlNotFound, *arn)
			}
			return nil
		}}, nil
	}
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

// createSAMLProvider makes a SAML provider out of its metadata document.
func (s *Fake) createSAMLProvider(call *fakeaws.Call, in *sdk.CreateSAMLProviderInput) (*fakeaws.Plan[*sdk.CreateSAMLProviderOutput], error) {
	return plan(s, call, in, newSAMLProvider(in.Name).tagged("iam:TagSAMLProvider", in.Tags), func(a *account) (*sdk.CreateSAMLProviderOutput, error) {
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
		if err := a.checkQuota(samlProvidersQuota, a.saml.Len()); err != nil {
			return nil, err
		}
		a.saml.Set(p.arn, p)
		return &sdk.CreateSAMLProviderOutput{SAMLProviderArn: aws.String(p.arn), Tags: p.tags.all()}, nil
	}, requestTags(in.Tags))
}

// getSAMLProvider returns the metadata document of a SAML provider.
func (s *Fake) getSAMLProvider(call *fakeaws.Call, in *sdk.GetSAMLProviderInput) (*fakeaws.Plan[*sdk.GetSAMLProviderOutput], error) {
	return plan(s, call, in, onSAMLProvider(in.SAMLProviderArn), func(p *samlProvider) (*sdk.GetSAMLProviderOutput, error) {
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

// updateSAMLProvider changes the metadata document, the encryption or the keys
// of a SAML provider.
func (s *Fake) updateSAMLProvider(call *fakeaws.Call, in *sdk.UpdateSAMLProviderInput) (*fakeaws.Plan[*sdk.UpdateSAMLProviderOutput], error) {
	return plan(s, call, in, onSAMLProvider(in.SAMLProviderArn), func(p *samlProvider) (*sdk.UpdateSAMLProviderOutput, error) {
		c := samlChange{document: in.SAMLMetadataDocument, addKey: in.AddPrivateKey, removeKey: in.RemovePrivateKey, encryption: in.AssertionEncryptionMode}
		if c == (samlChange{}) {
			return nil, invalidInput(noChange)
		}
		err := s.apply(p, c)
		return &sdk.UpdateSAMLProviderOutput{SAMLProviderArn: aws.String(p.arn)}, err
	})
}

// deleteSAMLProvider deletes a SAML provider.
func (s *Fake) deleteSAMLProvider(call *fakeaws.Call, in *sdk.DeleteSAMLProviderInput) (*fakeaws.Plan[*sdk.DeleteSAMLProviderOutput], error) {
	return plan(s, call, in, onSAMLProvider(in.SAMLProviderArn), func(p *samlProvider) (*sdk.DeleteSAMLProviderOutput, error) {
		p.deleted = true
		s.account(call.Account).saml.Delete(p.arn)
		return &sdk.DeleteSAMLProviderOutput{}, nil
	})
}

// listSAMLProviders lists the account's SAML providers by ARN.
func (s *Fake) listSAMLProviders(call *fakeaws.Call, in *sdk.ListSAMLProvidersInput) (*fakeaws.Plan[*sdk.ListSAMLProvidersOutput], error) {
	return plan(s, call, in, onAll("saml-provider"), func(a *account) (*sdk.ListSAMLProvidersOutput, error) {
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

// tagSAMLProvider adds tags to a provider or replaces their values.
func (s *Fake) tagSAMLProvider(call *fakeaws.Call, in *sdk.TagSAMLProviderInput) (*fakeaws.Plan[*sdk.TagSAMLProviderOutput], error) {
	return plan(s, call, in, onSAMLProvider(in.SAMLProviderArn), func(p *samlProvider) (*sdk.TagSAMLProviderOutput, error) {
		return &sdk.TagSAMLProviderOutput{}, p.tags.put(in.Tags, "SAMLProvider")
	}, requestTags(in.Tags))
}

// untagSAMLProvider removes tags from a provider.
func (s *Fake) untagSAMLProvider(call *fakeaws.Call, in *sdk.UntagSAMLProviderInput) (*fakeaws.Plan[*sdk.UntagSAMLProviderOutput], error) {
	return plan(s, call, in, onSAMLProvider(in.SAMLProviderArn), func(p *samlProvider) (*sdk.UntagSAMLProviderOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagSAMLProviderOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listSAMLProviderTags lists the tags of a provider by key.
func (s *Fake) listSAMLProviderTags(call *fakeaws.Call, in *sdk.ListSAMLProviderTagsInput) (*fakeaws.Plan[*sdk.ListSAMLProviderTagsOutput], error) {
	return plan(s, call, in, onSAMLProvider(in.SAMLProviderArn), func(p *samlProvider) (*sdk.ListSAMLProviderTagsOutput, error) {
		t, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListSAMLProviderTagsOutput{Tags: t.Items, IsTruncated: t.Truncated(), Marker: t.Next}, err
	})
}
