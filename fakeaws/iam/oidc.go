package iam

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

// Quotas of OpenID Connect providers.
const (
	maxClientIDs   = 100 // of a provider
	maxThumbprints = 5   // of a provider
)

// Texts about OpenID Connect providers.
const (
	// Unverified: a URL that names no host.
	invalidOIDCURL = "Invalid Open ID Connect Provider URL"
	// Unverified: a URL of another scheme, or with a query.
	refusedOIDCURL = "Invalid Open ID Connect Provider URL. The URL must begin with https:// and must not have query parameters."
	// Unverified: more thumbprints than there may be.
	tooManyThumbprints = "Thumbprint list must contain fewer than 5 entries."
	oidcNotFound       = "OpenIDConnect Provider not found for arn %s"
)

// An oidcProvider is an identity provider that speaks OpenID Connect.
type oidcProvider struct {
	arn         string
	url         string // without its scheme, as IAM shows it
	clientIDs   []string
	thumbprints []string
	created     time.Time
	tags        tagSet
}

// inOIDCProvider is inAccount for an operation on a provider that must exist.
func inOIDCProvider[O any](ctx context.Context, s *Fake, in any, arn *string, do func(*oidcProvider) (*O, error)) (*O, error) {
	return inAccount(ctx, s, in, func(a *account) (*O, error) {
		p, ok := a.oidc.Get(*arn)
		if !ok {
			return nil, noSuchEntity(oidcNotFound, *arn)
		}
		return do(p)
	})
}

// oidcURL checks the URL of a provider and returns it without its scheme. A
// slash at its end does not make another provider.
func oidcURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return "", constraint.Error(invalidOIDCURL)
	case u.Scheme != "https" || u.RawQuery != "":
		return "", invalidInput(refusedOIDCURL)
	}
	return strings.TrimSuffix(u.Host+u.EscapedPath(), "/"), nil
}

// oidcARN is the ARN of the provider of a URL, which may have its scheme.
func oidcARN(account, text string) string {
	return iamARN(account, "oidc-provider", "/", strings.TrimSuffix(strings.TrimPrefix(text, "https://"), "/"))
}

// obtained is the thumbprint of a provider that was made without one. IAM looks
// at the provider's certificate then; a World reaches no network, and takes the
// digest of the host's name in its place.
func obtained(providerURL string) []string {
	host, _, _ := strings.Cut(providerURL, "/")
	sum := sha1.Sum([]byte(host))
	return []string{hex.EncodeToString(sum[:])}
}

// CreateOpenIDConnectProvider makes an OpenID Connect provider.
func (s *Fake) CreateOpenIDConnectProvider(ctx context.Context, in *sdk.CreateOpenIDConnectProviderInput) (*sdk.CreateOpenIDConnectProviderOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateOpenIDConnectProviderOutput, error) {
		p := &oidcProvider{clientIDs: slices.Clone(in.ClientIDList), created: s.moment()}
		var err error
		if p.url, err = oidcURL(*in.Url); err != nil {
			return nil, err
		}
		p.arn = oidcARN(a.id, p.url)
		if err := p.setThumbprints(in.ThumbprintList); err != nil {
			return nil, err
		}
		if err := p.tags.put(in.Tags, "OpenIDConnectProvider"); err != nil {
			return nil, err
		}
		if len(p.clientIDs) > maxClientIDs {
			return nil, quotaExceeded(quotaClientIDs, maxClientIDs)
		}
		if _, exists := a.oidc.Get(p.arn); exists {
			return nil, alreadyExists("Provider with url %s already exists.", *in.Url)
		}
		if err := a.room(oidcProvidersQuota, a.oidc.Len()); err != nil {
			return nil, err
		}
		a.oidc.Set(p.arn, p)
		return &sdk.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: aws.String(p.arn), Tags: p.tags.all()}, nil
	})
}

func (p *oidcProvider) setThumbprints(list []string) error {
	if len(list) > maxThumbprints {
		return invalidInput(tooManyThumbprints)
	}
	if p.thumbprints = slices.Clone(list); len(list) == 0 {
		p.thumbprints = obtained(p.url)
	}
	return nil
}

// GetOpenIDConnectProvider describes an OpenID Connect provider.
func (s *Fake) GetOpenIDConnectProvider(ctx context.Context, in *sdk.GetOpenIDConnectProviderInput) (*sdk.GetOpenIDConnectProviderOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.GetOpenIDConnectProviderOutput, error) {
		return &sdk.GetOpenIDConnectProviderOutput{
			ClientIDList:   slices.Clone(p.clientIDs),
			CreateDate:     aws.Time(p.created),
			Tags:           p.tags.listed(),
			ThumbprintList: slices.Clone(p.thumbprints),
			Url:            aws.String(p.url),
		}, nil
	})
}

// DeleteOpenIDConnectProvider deletes an OpenID Connect provider; to delete one
// that does not exist is no error.
func (s *Fake) DeleteOpenIDConnectProvider(ctx context.Context, in *sdk.DeleteOpenIDConnectProviderInput) (*sdk.DeleteOpenIDConnectProviderOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.DeleteOpenIDConnectProviderOutput, error) {
		a.oidc.Delete(*in.OpenIDConnectProviderArn)
		return &sdk.DeleteOpenIDConnectProviderOutput{}, nil
	})
}

// ListOpenIDConnectProviders lists the account's OpenID Connect providers by ARN.
func (s *Fake) ListOpenIDConnectProviders(ctx context.Context, in *sdk.ListOpenIDConnectProvidersInput) (*sdk.ListOpenIDConnectProvidersOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListOpenIDConnectProvidersOutput, error) {
		out := &sdk.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []types.OpenIDConnectProviderListEntry{}}
		for _, arn := range a.oidc.Keys() {
			out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, types.OpenIDConnectProviderListEntry{Arn: aws.String(arn)})
		}
		return out, nil
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces the thumbprints of a provider.
func (s *Fake) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, in *sdk.UpdateOpenIDConnectProviderThumbprintInput) (*sdk.UpdateOpenIDConnectProviderThumbprintOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.UpdateOpenIDConnectProviderThumbprintOutput, error) {
		return &sdk.UpdateOpenIDConnectProviderThumbprintOutput{}, p.setThumbprints(in.ThumbprintList)
	})
}

// AddClientIDToOpenIDConnectProvider adds an audience; to do it twice is no error.
func (s *Fake) AddClientIDToOpenIDConnectProvider(ctx context.Context, in *sdk.AddClientIDToOpenIDConnectProviderInput) (*sdk.AddClientIDToOpenIDConnectProviderOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.AddClientIDToOpenIDConnectProviderOutput, error) {
		if !slices.Contains(p.clientIDs, *in.ClientID) {
			if len(p.clientIDs) >= maxClientIDs {
				return nil, quotaExceeded(quotaClientIDs, maxClientIDs)
			}
			p.clientIDs = append(p.clientIDs, *in.ClientID)
		}
		return &sdk.AddClientIDToOpenIDConnectProviderOutput{}, nil
	})
}

// RemoveClientIDFromOpenIDConnectProvider removes an audience; one that is not
// there is no error.
func (s *Fake) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, in *sdk.RemoveClientIDFromOpenIDConnectProviderInput) (*sdk.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
		p.clientIDs = slices.DeleteFunc(p.clientIDs, func(id string) bool { return id == *in.ClientID })
		return &sdk.RemoveClientIDFromOpenIDConnectProviderOutput{}, nil
	})
}

// TagOpenIDConnectProvider adds tags to a provider or replaces their values.
func (s *Fake) TagOpenIDConnectProvider(ctx context.Context, in *sdk.TagOpenIDConnectProviderInput) (*sdk.TagOpenIDConnectProviderOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.TagOpenIDConnectProviderOutput, error) {
		return &sdk.TagOpenIDConnectProviderOutput{}, p.tags.put(in.Tags, "OpenIDConnectProvider")
	})
}

// UntagOpenIDConnectProvider removes tags from a provider.
func (s *Fake) UntagOpenIDConnectProvider(ctx context.Context, in *sdk.UntagOpenIDConnectProviderInput) (*sdk.UntagOpenIDConnectProviderOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.UntagOpenIDConnectProviderOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagOpenIDConnectProviderOutput{}, nil
	})
}

// ListOpenIDConnectProviderTags lists the tags of a provider by key.
func (s *Fake) ListOpenIDConnectProviderTags(ctx context.Context, in *sdk.ListOpenIDConnectProviderTagsInput) (*sdk.ListOpenIDConnectProviderTagsOutput, error) {
	return inOIDCProvider(ctx, s, in, in.OpenIDConnectProviderArn, func(p *oidcProvider) (*sdk.ListOpenIDConnectProviderTagsOutput, error) {
		t, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListOpenIDConnectProviderTagsOutput{Tags: t.items, IsTruncated: t.truncated, Marker: t.marker}, err
	})
}
