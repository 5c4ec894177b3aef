package iam

import (
	"crypto/sha1"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// oidcOps are the operations on OpenID Connect providers.
func (s *Fake) oidcOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createOpenIDConnectProvider),
		fakeaws.Bind(s.getOpenIDConnectProvider),
		fakeaws.Bind(s.deleteOpenIDConnectProvider),
		fakeaws.Bind(s.listOpenIDConnectProviders),
		fakeaws.Bind(s.updateOpenIDConnectProviderThumbprint),
		fakeaws.Bind(s.addClientIDToOpenIDConnectProvider),
		fakeaws.Bind(s.removeClientIDFromOpenIDConnectProvider),
		fakeaws.Bind(s.tagOpenIDConnectProvider),
		fakeaws.Bind(s.untagOpenIDConnectProvider),
		fakeaws.Bind(s.listOpenIDConnectProviderTags),
	}
}

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
	deleted     bool // for the plans that still hold it
}

// newOIDCProvider is the target of CreateOpenIDConnectProvider.
func newOIDCProvider(url *string) target[*account] {
	return at(func(a *account) string { return oidcARN(a.id, *url) })
}

// onOIDCProvider is the target of actions on a provider.
func onOIDCProvider(arn *string) target[*oidcProvider] {
	return func(l *lookup) (found[*oidcProvider], error) {
		r := resource{arn: *arn}
		p, ok := l.account.oidc.Get(*arn)
		if ok {
			r.tags = &p.tags
		}
		return found[*oidcProvider]{resources: []resource{r}, value: p, missing: func() error {
			if !ok || p.deleted {
				return noSuchEntity(oidcNotFound, *arn)
			}
			return nil
		}}, nil
	}
}

// onOIDCProviderIfAny is onOIDCProvider for an operation that takes one that does not
// exist: nil.
func onOIDCProviderIfAny(arn *string) target[*oidcProvider] {
	return func(l *lookup) (found[*oidcProvider], error) {
		f, err := onOIDCProvider(arn)(l)
		f.missing = nil
		return f, err
	}
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

// placeholderThumbprints is the thumbprint of a provider that was made without one. IAM looks
// at the provider's certificate then; a World reaches no network, and takes the
// digest of the host's name in its place.
func placeholderThumbprints(providerURL string) []string {
	host, _, _ := strings.Cut(providerURL, "/")
	sum := sha1.Sum([]byte(host))
	return []string{hex.EncodeToString(sum[:])}
}

// createOpenIDConnectProvider makes an OpenID Connect provider.
func (s *Fake) createOpenIDConnectProvider(call *fakeaws.Call, in *sdk.CreateOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.CreateOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, newOIDCProvider(in.Url).tagged("iam:TagOpenIDConnectProvider", in.Tags), func(a *account) (*sdk.CreateOpenIDConnectProviderOutput, error) {
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
		if err := a.checkQuota(oidcProvidersQuota, a.oidc.Len()); err != nil {
			return nil, err
		}
		a.oidc.Set(p.arn, p)
		return &sdk.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: aws.String(p.arn), Tags: p.tags.all()}, nil
	}, requestTags(in.Tags))
}

func (p *oidcProvider) setThumbprints(list []string) error {
	if len(list) > maxThumbprints {
		return invalidInput(tooManyThumbprints)
	}
	if p.thumbprints = slices.Clone(list); len(list) == 0 {
		p.thumbprints = placeholderThumbprints(p.url)
	}
	return nil
}

// getOpenIDConnectProvider describes an OpenID Connect provider.
func (s *Fake) getOpenIDConnectProvider(call *fakeaws.Call, in *sdk.GetOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.GetOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.GetOpenIDConnectProviderOutput, error) {
		return &sdk.GetOpenIDConnectProviderOutput{
			ClientIDList:   slices.Clone(p.clientIDs),
			CreateDate:     aws.Time(p.created),
			Tags:           p.tags.listed(),
			ThumbprintList: slices.Clone(p.thumbprints),
			Url:            aws.String(p.url),
		}, nil
	})
}

// deleteOpenIDConnectProvider deletes an OpenID Connect provider; to delete one
// that does not exist is no error.
func (s *Fake) deleteOpenIDConnectProvider(call *fakeaws.Call, in *sdk.DeleteOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.DeleteOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, onOIDCProviderIfAny(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.DeleteOpenIDConnectProviderOutput, error) {
		if p != nil && !p.deleted {
			p.deleted = true
			s.account(call.Account).oidc.Delete(p.arn)
		}
		return &sdk.DeleteOpenIDConnectProviderOutput{}, nil
	})
}

// listOpenIDConnectProviders lists the account's OpenID Connect providers by ARN.
func (s *Fake) listOpenIDConnectProviders(call *fakeaws.Call, in *sdk.ListOpenIDConnectProvidersInput) (*fakeaws.Plan[*sdk.ListOpenIDConnectProvidersOutput], error) {
	return plan(s, call, in, onAll("oidc-provider"), func(a *account) (*sdk.ListOpenIDConnectProvidersOutput, error) {
		out := &sdk.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []types.OpenIDConnectProviderListEntry{}}
		for _, arn := range a.oidc.Keys() {
			out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, types.OpenIDConnectProviderListEntry{Arn: aws.String(arn)})
		}
		return out, nil
	})
}

// updateOpenIDConnectProviderThumbprint replaces the thumbprints of a provider.
func (s *Fake) updateOpenIDConnectProviderThumbprint(call *fakeaws.Call, in *sdk.UpdateOpenIDConnectProviderThumbprintInput) (*fakeaws.Plan[*sdk.UpdateOpenIDConnectProviderThumbprintOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.UpdateOpenIDConnectProviderThumbprintOutput, error) {
		return &sdk.UpdateOpenIDConnectProviderThumbprintOutput{}, p.setThumbprints(in.ThumbprintList)
	})
}

// addClientIDToOpenIDConnectProvider adds an audience; to do it twice is no error.
func (s *Fake) addClientIDToOpenIDConnectProvider(call *fakeaws.Call, in *sdk.AddClientIDToOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.AddClientIDToOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.AddClientIDToOpenIDConnectProviderOutput, error) {
		if !slices.Contains(p.clientIDs, *in.ClientID) {
			if len(p.clientIDs) >= maxClientIDs {
				return nil, quotaExceeded(quotaClientIDs, maxClientIDs)
			}
			p.clientIDs = append(p.clientIDs, *in.ClientID)
		}
		return &sdk.AddClientIDToOpenIDConnectProviderOutput{}, nil
	})
}

// removeClientIDFromOpenIDConnectProvider removes an audience; one that is not
// there is no error.
func (s *Fake) removeClientIDFromOpenIDConnectProvider(call *fakeaws.Call, in *sdk.RemoveClientIDFromOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.RemoveClientIDFromOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.RemoveClientIDFromOpenIDConnectProviderOutput, error) {
		p.clientIDs = slices.DeleteFunc(p.clientIDs, func(id string) bool { return id == *in.ClientID })
		return &sdk.RemoveClientIDFromOpenIDConnectProviderOutput{}, nil
	})
}

// tagOpenIDConnectProvider adds tags to a provider or replaces their values.
func (s *Fake) tagOpenIDConnectProvider(call *fakeaws.Call, in *sdk.TagOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.TagOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.TagOpenIDConnectProviderOutput, error) {
		return &sdk.TagOpenIDConnectProviderOutput{}, p.tags.put(in.Tags, "OpenIDConnectProvider")
	}, requestTags(in.Tags))
}

// untagOpenIDConnectProvider removes tags from a provider.
func (s *Fake) untagOpenIDConnectProvider(call *fakeaws.Call, in *sdk.UntagOpenIDConnectProviderInput) (*fakeaws.Plan[*sdk.UntagOpenIDConnectProviderOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.UntagOpenIDConnectProviderOutput, error) {
		p.tags.remove(in.TagKeys)
		return &sdk.UntagOpenIDConnectProviderOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listOpenIDConnectProviderTags lists the tags of a provider by key.
func (s *Fake) listOpenIDConnectProviderTags(call *fakeaws.Call, in *sdk.ListOpenIDConnectProviderTagsInput) (*fakeaws.Plan[*sdk.ListOpenIDConnectProviderTagsOutput], error) {
	return plan(s, call, in, onOIDCProvider(in.OpenIDConnectProviderArn), func(p *oidcProvider) (*sdk.ListOpenIDConnectProviderTagsOutput, error) {
		t, err := p.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListOpenIDConnectProviderTagsOutput{Tags: t.Items, IsTruncated: t.Truncated(), Marker: t.Next}, err
	})
}
