package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A serverCertificate is a certificate of a web server with its private key,
// which nobody gets to see again and so is not kept.
type serverCertificate struct {
	account           *account
	name, path, id    string
	body, chain       string
	uploaded, expires time.Time
	tags              tagSet
}

func serverCertificateARN(a *account, path, name string) string {
	return iamARN(a.id, "server-certificate", path, name)
}

func (c *serverCertificate) arn() string { return serverCertificateARN(c.account, c.path, c.name) }

func (c *serverCertificate) metadata() *types.ServerCertificateMetadata {
	return &types.ServerCertificateMetadata{
		Arn:                   aws.String(c.arn()),
		Expiration:            aws.Time(c.expires),
		Path:                  aws.String(c.path),
		ServerCertificateId:   aws.String(c.id),
		ServerCertificateName: aws.String(c.name),
		UploadDate:            aws.Time(c.uploaded),
	}
}

// serverCertificate finds a server certificate of the account by its name.
func (a *account) serverCertificate(name string) (*serverCertificate, error) {
	if c, ok := a.signIn.servers.Get(strings.ToLower(name)); ok && c.name == name {
		return c, nil
	}
	return nil, noSuchEntity(noServerCert, name)
}

// inServerCertificate is inAccount for an operation on a server certificate.
func inServerCertificate[O any](ctx context.Context, s *Fake, in any, name *string, do func(*serverCertificate) (*O, error)) (*O, error) {
	return inAccount(ctx, s, in, func(a *account) (*O, error) {
		c, err := a.serverCertificate(*name)
		if err != nil {
			return nil, err
		}
		return do(c)
	})
}

// checkServer checks the certificate, key and chain of an upload and returns
// when the certificate expires.
func (s *Fake) checkServer(in *sdk.UploadServerCertificateInput) (expires time.Time, err error) {
	leaf, err := parseCertificate(*in.CertificateBody)
	if err != nil {
		return expires, err
	}
	key, err := parsePrivateKey(*in.PrivateKey)
	if err != nil {
		return expires, err
	}
	if !belongs(key, leaf) {
		return expires, &types.KeyPairMismatchException{Message: aws.String(keyMismatch)}
	}
	// User Guide "Manage server certificates in IAM": not before its time, and
	// not after it.
	if !current(leaf, s.now()) {
		return expires, malformedCertificate(outdatedCertificate)
	}
	if in.CertificateChain != nil {
		err = checkChain(leaf, *in.CertificateChain)
	}
	return leaf.NotAfter, err
}

// UploadServerCertificate stores a certificate of a web server.
func (s *Fake) UploadServerCertificate(ctx context.Context, in *sdk.UploadServerCertificateInput) (*sdk.UploadServerCertificateOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.UploadServerCertificateOutput, error) {
		expires, err := s.checkServer(in)
		if err != nil {
			return nil, err
		}
		c := &serverCertificate{
			account: a, name: *in.ServerCertificateName, path: pathOr(in.Path),
			body: *in.CertificateBody, chain: aws.ToString(in.CertificateChain),
			uploaded: s.now(), expires: expires,
		}
		if err := c.tags.put(in.Tags, "ServerCertificate"); err != nil {
			return nil, err
		}
		key := strings.ToLower(c.name)
		if _, exists := a.signIn.servers.Get(key); exists {
			return nil, alreadyExists(serverCertExists, c.name)
		}
		if err := a.room(serverCertificatesQuota, a.signIn.servers.Len()); err != nil {
			return nil, err
		}
		c.id = s.world.IDs().Unique("ASCA")
		a.signIn.servers.Set(key, c)
		return &sdk.UploadServerCertificateOutput{ServerCertificateMetadata: c.metadata(), Tags: c.tags.all()}, nil
	})
}

// GetServerCertificate returns a server certificate without its private key.
func (s *Fake) GetServerCertificate(ctx context.Context, in *sdk.GetServerCertificateInput) (*sdk.GetServerCertificateOutput, error) {
	return inServerCertificate(ctx, s, in, in.ServerCertificateName, func(c *serverCertificate) (*sdk.GetServerCertificateOutput, error) {
		return &sdk.GetServerCertificateOutput{ServerCertificate: &types.ServerCertificate{
			CertificateBody:           aws.String(c.body),
			CertificateChain:          optional(c.chain),
			ServerCertificateMetadata: c.metadata(),
			Tags:                      c.tags.all(),
		}}, nil
	})
}

// ListServerCertificates lists the account's server certificates by name.
func (s *Fake) ListServerCertificates(ctx context.Context, in *sdk.ListServerCertificatesInput) (*sdk.ListServerCertificatesOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListServerCertificatesOutput, error) {
		p, err := list(ascend(&a.signIn.servers), in.Marker, in.MaxItems, func(c *serverCertificate) (types.ServerCertificateMetadata, bool) {
			return *c.metadata(), in.PathPrefix == nil || strings.HasPrefix(c.path, *in.PathPrefix)
		})
		return &sdk.ListServerCertificatesOutput{ServerCertificateMetadataList: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// UpdateServerCertificate changes the name or path of a server certificate.
func (s *Fake) UpdateServerCertificate(ctx context.Context, in *sdk.UpdateServerCertificateInput) (*sdk.UpdateServerCertificateOutput, error) {
	return inServerCertificate(ctx, s, in, in.ServerCertificateName, func(c *serverCertificate) (*sdk.UpdateServerCertificateOutput, error) {
		all := &c.account.signIn.servers
		if in.NewServerCertificateName != nil {
			from, to := strings.ToLower(c.name), strings.ToLower(*in.NewServerCertificateName)
			if _, taken := all.Get(to); taken && from != to {
				return nil, alreadyExists(serverCertExists, *in.NewServerCertificateName)
			}
			all.Delete(from)
			all.Set(to, c)
			c.name = *in.NewServerCertificateName
		}
		if in.NewPath != nil {
			c.path = *in.NewPath
		}
		return &sdk.UpdateServerCertificateOutput{}, nil
	})
}

// DeleteServerCertificate deletes a server certificate. Nothing here uses one,
// so that no conflict can be.
func (s *Fake) DeleteServerCertificate(ctx context.Context, in *sdk.DeleteServerCertificateInput) (*sdk.DeleteServerCertificateOutput, error) {
	return inServerCertificate(ctx, s, in, in.ServerCertificateName, func(c *serverCertificate) (*sdk.DeleteServerCertificateOutput, error) {
		c.account.signIn.servers.Delete(strings.ToLower(c.name))
		return &sdk.DeleteServerCertificateOutput{}, nil
	})
}

// TagServerCertificate adds tags to a server certificate or replaces their values.
func (s *Fake) TagServerCertificate(ctx context.Context, in *sdk.TagServerCertificateInput) (*sdk.TagServerCertificateOutput, error) {
	return inServerCertificate(ctx, s, in, in.ServerCertificateName, func(c *serverCertificate) (*sdk.TagServerCertificateOutput, error) {
		return &sdk.TagServerCertificateOutput{}, c.tags.put(in.Tags, "ServerCertificate")
	})
}

// UntagServerCertificate removes tags from a server certificate.
func (s *Fake) UntagServerCertificate(ctx context.Context, in *sdk.UntagServerCertificateInput) (*sdk.UntagServerCertificateOutput, error) {
	return inServerCertificate(ctx, s, in, in.ServerCertificateName, func(c *serverCertificate) (*sdk.UntagServerCertificateOutput, error) {
		c.tags.remove(in.TagKeys)
		return &sdk.UntagServerCertificateOutput{}, nil
	})
}

// ListServerCertificateTags lists the tags of a server certificate by key.
func (s *Fake) ListServerCertificateTags(ctx context.Context, in *sdk.ListServerCertificateTagsInput) (*sdk.ListServerCertificateTagsOutput, error) {
	return inServerCertificate(ctx, s, in, in.ServerCertificateName, func(c *serverCertificate) (*sdk.ListServerCertificateTagsOutput, error) {
		p, err := c.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListServerCertificateTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}
