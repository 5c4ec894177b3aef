package iam

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam/internal/certs"
)

// serverCertificateOps are the operations on server certificates.
func (s *Fake) serverCertificateOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.uploadServerCertificate),
		fakeaws.Bind(s.getServerCertificate),
		fakeaws.Bind(s.listServerCertificates),
		fakeaws.Bind(s.updateServerCertificate),
		fakeaws.Bind(s.deleteServerCertificate),
		fakeaws.Bind(s.tagServerCertificate),
		fakeaws.Bind(s.untagServerCertificate),
		fakeaws.Bind(s.listServerCertificateTags),
	}
}

// A serverCertificate is a certificate of a web server with its private key,
// which IAM never shows again, so that it is not kept.
type serverCertificate struct {
	account           *account
	name, path, id    string
	body, chain       string
	uploaded, expires time.Time
	tags              tagSet
	deleted           bool // for the plans that still hold it
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

// onServerCertificate is the target of actions on a server certificate.
func onServerCertificate(name *string) target[*serverCertificate] {
	return func(l *lookup) (found[*serverCertificate], error) {
		r := resource{arn: serverCertificateARN(l.account, "/", *name)}
		c, err := l.account.serverCertificate(*name)
		if err == nil {
			r.arn, r.tags = c.arn(), &c.tags
		}
		return found[*serverCertificate]{resources: []resource{r}, value: c, missing: func() error {
			if err == nil && (c.deleted || c.name != *name) {
				return noSuchEntity(noServerCert, *name)
			}
			return err
		}}, nil
	}
}

// onServerCertificateAndNew also asks for permission on what the certificate is
// renamed to (API page "UpdateServerCertificate").
func onServerCertificateAndNew(name, newName, newPath *string) target[*serverCertificate] {
	return func(l *lookup) (found[*serverCertificate], error) {
		f, err := onServerCertificate(name)(l)
		if err != nil || newName == nil && newPath == nil {
			return f, err
		}
		path := "/"
		if f.value != nil {
			path = f.value.path
		}
		renamed, path := renaming(*name, path, newName, newPath)
		f.resources = append(f.resources, resource{
			arn: serverCertificateARN(l.account, path, renamed), tags: f.resources[0].tags,
		})
		return f, nil
	}
}

// checkServer checks the certificate, key and chain of an upload and returns
// when the certificate expires.
func (s *Fake) checkServer(in *sdk.UploadServerCertificateInput) (expires time.Time, err error) {
	leaf, ok := certs.Parse(*in.CertificateBody)
	if !ok {
		return expires, malformedCertificate(badCertificate)
	}
	key, ok := certs.ParsePrivateKey(*in.PrivateKey)
	if !ok {
		return expires, malformedCertificate(badPrivateKey)
	}
	if !certs.Belongs(key, leaf) {
		return expires, &types.KeyPairMismatchException{Message: aws.String(keyMismatch)}
	}
	// User Guide "Manage server certificates in IAM": not before its time, and
	// not after it.
	if !certs.Current(leaf, s.now()) {
		return expires, malformedCertificate(outdatedCertificate)
	}
	if in.CertificateChain != nil {
		if last, ok := certs.CheckChain(leaf, *in.CertificateChain); !ok {
			return expires, malformedCertificate(fmt.Sprintf(badChain, last))
		}
	}
	return leaf.NotAfter, nil
}

// uploadServerCertificate stores a certificate of a web server.
func (s *Fake) uploadServerCertificate(call *fakeaws.Call, in *sdk.UploadServerCertificateInput) (*fakeaws.Plan[*sdk.UploadServerCertificateOutput], error) {
	return plan(s, call, in, created("server-certificate", in.ServerCertificateName, in.Path).tagged("iam:TagServerCertificate", in.Tags), func(a *account) (*sdk.UploadServerCertificateOutput, error) {
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
		if err := a.checkQuota(serverCertificatesQuota, a.signIn.servers.Len()); err != nil {
			return nil, err
		}
		c.id = s.world.IDs().Unique("ASCA")
		a.signIn.servers.Set(key, c)
		return &sdk.UploadServerCertificateOutput{ServerCertificateMetadata: c.metadata(), Tags: c.tags.all()}, nil
	}, requestTags(in.Tags))
}

// getServerCertificate returns a server certificate without its private key.
func (s *Fake) getServerCertificate(call *fakeaws.Call, in *sdk.GetServerCertificateInput) (*fakeaws.Plan[*sdk.GetServerCertificateOutput], error) {
	return plan(s, call, in, onServerCertificate(in.ServerCertificateName), func(c *serverCertificate) (*sdk.GetServerCertificateOutput, error) {
		return &sdk.GetServerCertificateOutput{ServerCertificate: &types.ServerCertificate{
			CertificateBody:           aws.String(c.body),
			CertificateChain:          optional(c.chain),
			ServerCertificateMetadata: c.metadata(),
			Tags:                      c.tags.all(),
		}}, nil
	})
}

// listServerCertificates lists the account's server certificates by name.
func (s *Fake) listServerCertificates(call *fakeaws.Call, in *sdk.ListServerCertificatesInput) (*fakeaws.Plan[*sdk.ListServerCertificatesOutput], error) {
	return plan(s, call, in, listed("server-certificate", in.PathPrefix), func(a *account) (*sdk.ListServerCertificatesOutput, error) {
		p, err := list(ascend(&a.signIn.servers), in.Marker, in.MaxItems, func(c *serverCertificate) (types.ServerCertificateMetadata, bool) {
			return *c.metadata(), in.PathPrefix == nil || strings.HasPrefix(c.path, *in.PathPrefix)
		})
		return &sdk.ListServerCertificatesOutput{ServerCertificateMetadataList: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// updateServerCertificate changes the name or path of a server certificate.
func (s *Fake) updateServerCertificate(call *fakeaws.Call, in *sdk.UpdateServerCertificateInput) (*fakeaws.Plan[*sdk.UpdateServerCertificateOutput], error) {
	return plan(s, call, in, onServerCertificateAndNew(in.ServerCertificateName, in.NewServerCertificateName, in.NewPath), func(c *serverCertificate) (*sdk.UpdateServerCertificateOutput, error) {
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

// deleteServerCertificate deletes a server certificate. Nothing here uses one,
// so that no conflict can be.
func (s *Fake) deleteServerCertificate(call *fakeaws.Call, in *sdk.DeleteServerCertificateInput) (*fakeaws.Plan[*sdk.DeleteServerCertificateOutput], error) {
	return plan(s, call, in, onServerCertificate(in.ServerCertificateName), func(c *serverCertificate) (*sdk.DeleteServerCertificateOutput, error) {
		c.deleted = true
		c.account.signIn.servers.Delete(strings.ToLower(c.name))
		return &sdk.DeleteServerCertificateOutput{}, nil
	})
}

// tagServerCertificate adds tags to a server certificate or replaces their values.
func (s *Fake) tagServerCertificate(call *fakeaws.Call, in *sdk.TagServerCertificateInput) (*fakeaws.Plan[*sdk.TagServerCertificateOutput], error) {
	return plan(s, call, in, onServerCertificate(in.ServerCertificateName), func(c *serverCertificate) (*sdk.TagServerCertificateOutput, error) {
		return &sdk.TagServerCertificateOutput{}, c.tags.put(in.Tags, "ServerCertificate")
	}, requestTags(in.Tags))
}

// untagServerCertificate removes tags from a server certificate.
func (s *Fake) untagServerCertificate(call *fakeaws.Call, in *sdk.UntagServerCertificateInput) (*fakeaws.Plan[*sdk.UntagServerCertificateOutput], error) {
	return plan(s, call, in, onServerCertificate(in.ServerCertificateName), func(c *serverCertificate) (*sdk.UntagServerCertificateOutput, error) {
		c.tags.remove(in.TagKeys)
		return &sdk.UntagServerCertificateOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listServerCertificateTags lists the tags of a server certificate by key.
func (s *Fake) listServerCertificateTags(call *fakeaws.Call, in *sdk.ListServerCertificateTagsInput) (*fakeaws.Plan[*sdk.ListServerCertificateTagsOutput], error) {
	return plan(s, call, in, onServerCertificate(in.ServerCertificateName), func(c *serverCertificate) (*sdk.ListServerCertificateTagsOutput, error) {
		p, err := c.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListServerCertificateTagsOutput{Tags: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}
