package iam

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam/internal/certs"
)

// signingCertificateOps are the operations on signing certificates.
func (s *Fake) signingCertificateOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.uploadSigningCertificate),
		fakeaws.Bind(s.updateSigningCertificate),
		fakeaws.Bind(s.deleteSigningCertificate),
		fakeaws.Bind(s.listSigningCertificates),
	}
}

const (
	// maxSigningCertificates is the quota per user.
	maxSigningCertificates = 2
	// certificateIDDigits is the length of their ids, which have no prefix (API
	// page "UploadSigningCertificate").
	certificateIDDigits = 32
)

// A signingCertificate is an X.509 certificate with which a user signs requests
// of the services that still take them.
type signingCertificate struct {
	id, body string
	der      string
	status   types.StatusType
	uploaded time.Time
}

func (c *signingCertificate) credentialID() string { return c.id }

func (c *signingCertificate) view(u *entity) types.SigningCertificate {
	return types.SigningCertificate{
		CertificateBody: aws.String(c.body),
		CertificateId:   aws.String(c.id),
		Status:          c.status,
		UploadDate:      aws.Time(c.uploaded),
		UserName:        aws.String(u.name),
	}
}

// uploadSigningCertificate gives a user, by default the caller, a certificate.
func (s *Fake) uploadSigningCertificate(call *fakeaws.Call, in *sdk.UploadSigningCertificateInput) (*fakeaws.Plan[*sdk.UploadSigningCertificateOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.UploadSigningCertificateOutput, error) {
		parsed, ok := certs.Parse(*in.CertificateBody)
		if !ok {
			return nil, malformedCertificate(badCertificate)
		}
		if !certs.Current(parsed, s.now()) {
			return nil, &types.InvalidCertificateException{Message: aws.String(outdatedCertificate)}
		}
		known := u.account.signIn.signing
		if known[string(parsed.Raw)] {
			return nil, &types.DuplicateCertificateException{Message: aws.String(duplicateCertificate)}
		}
		if len(u.user.signing) >= maxSigningCertificates {
			return nil, quotaExceeded(quotaSigningCerts, maxSigningCertificates)
		}
		c := &signingCertificate{
			id: s.world.IDs().Base32(certificateIDDigits), body: *in.CertificateBody, der: string(parsed.Raw),
			status: types.StatusTypeActive, uploaded: s.now(),
		}
		if known == nil {
			known = make(map[string]bool)
			u.account.signIn.signing = known
		}
		known[c.der] = true
		u.user.signing = append(u.user.signing, c)
		view := c.view(u)
		return &sdk.UploadSigningCertificateOutput{Certificate: &view}, nil
	})
}

// updateSigningCertificate makes a certificate active or inactive.
func (s *Fake) updateSigningCertificate(call *fakeaws.Call, in *sdk.UpdateSigningCertificateInput) (*fakeaws.Plan[*sdk.UpdateSigningCertificateOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.UpdateSigningCertificateOutput, error) {
		c, err := find(u.user.signing, *in.CertificateId, noSigningCert)
		if err != nil {
			return nil, err
		}
		if err := checkStatus(in.Status); err != nil {
			return nil, err
		}
		c.status = in.Status
		return &sdk.UpdateSigningCertificateOutput{}, nil
	})
}

// deleteSigningCertificate deletes a certificate of a user.
func (s *Fake) deleteSigningCertificate(call *fakeaws.Call, in *sdk.DeleteSigningCertificateInput) (*fakeaws.Plan[*sdk.DeleteSigningCertificateOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.DeleteSigningCertificateOutput, error) {
		c, err := find(u.user.signing, *in.CertificateId, noSigningCert)
		if err != nil {
			return nil, err
		}
		delete(u.account.signIn.signing, c.der)
		u.user.signing = without(u.user.signing, c.id)
		return &sdk.DeleteSigningCertificateOutput{}, nil
	})
}

// listSigningCertificates lists the certificates of a user by id.
func (s *Fake) listSigningCertificates(call *fakeaws.Call, in *sdk.ListSigningCertificatesInput) (*fakeaws.Plan[*sdk.ListSigningCertificatesOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.ListSigningCertificatesOutput, error) {
		p, err := list(byID(u.user.signing), in.Marker, in.MaxItems, func(c *signingCertificate) (types.SigningCertificate, bool) {
			return c.view(u), true
		})
		return &sdk.ListSigningCertificatesOutput{Certificates: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}
