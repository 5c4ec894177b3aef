package iam

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam/internal/sshkey"
)

// sshKeyOps are the operations on SSH public keys.
func (s *Fake) sshKeyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.uploadSSHPublicKey),
		fakeaws.Bind(s.getSSHPublicKey),
		fakeaws.Bind(s.listSSHPublicKeys),
		fakeaws.Bind(s.updateSSHPublicKey),
		fakeaws.Bind(s.deleteSSHPublicKey),
	}
}

// maxSSHKeys is the quota per user.
const maxSSHKeys = 5

// An sshKey is a public key with which a user signs in to CodeCommit.
type sshKey struct {
	id       string
	key      *sshkey.Key
	status   types.StatusType
	uploaded time.Time
}

func (k *sshKey) credentialID() string { return k.id }

func (k *sshKey) view(u *entity, body string) *types.SSHPublicKey {
	return &types.SSHPublicKey{
		Fingerprint:      aws.String(k.key.Fingerprint()),
		SSHPublicKeyBody: aws.String(body),
		SSHPublicKeyId:   aws.String(k.id),
		Status:           k.status,
		UploadDate:       aws.Time(k.uploaded),
		UserName:         aws.String(u.name),
	}
}

// uploadSSHPublicKey gives a user a public key.
func (s *Fake) uploadSSHPublicKey(call *fakeaws.Call, in *sdk.UploadSSHPublicKeyInput) (*fakeaws.Plan[*sdk.UploadSSHPublicKeyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.UploadSSHPublicKeyOutput, error) {
		public, err := sshkey.Parse(*in.SSHPublicKeyBody)
		switch {
		case errors.Is(err, sshkey.ErrWeak):
			return nil, &types.InvalidPublicKeyException{Message: aws.String(weakSSHKey)}
		case err != nil:
			return nil, &types.UnrecognizedPublicKeyEncodingException{Message: aws.String(badSSHKey)}
		}
		for _, other := range u.user.ssh {
			if other.key.Equal(public) {
				return nil, &types.DuplicateSSHPublicKeyException{Message: aws.String(duplicateSSHKey)}
			}
		}
		if len(u.user.ssh) >= maxSSHKeys {
			return nil, quotaExceeded(quotaSSHKeys, maxSSHKeys)
		}
		k := &sshKey{
			id: s.world.IDs().Unique("APKA"), key: public,
			status: types.StatusTypeActive, uploaded: s.now(),
		}
		u.user.ssh = append(u.user.ssh, k)
		return &sdk.UploadSSHPublicKeyOutput{SSHPublicKey: k.view(u, *in.SSHPublicKeyBody)}, nil
	})
}

// getSSHPublicKey returns a public key in one of two formats.
func (s *Fake) getSSHPublicKey(call *fakeaws.Call, in *sdk.GetSSHPublicKeyInput) (*fakeaws.Plan[*sdk.GetSSHPublicKeyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.GetSSHPublicKeyOutput, error) {
		k, err := find(u.user.ssh, *in.SSHPublicKeyId, noSSHKey)
		if err != nil {
			return nil, err
		}
		body := k.key.Line()
		if in.Encoding == types.EncodingTypePem {
			body = k.key.PEM()
		}
		return &sdk.GetSSHPublicKeyOutput{SSHPublicKey: k.view(u, body)}, nil
	})
}

// listSSHPublicKeys lists the public keys of a user, by default the caller, by id.
func (s *Fake) listSSHPublicKeys(call *fakeaws.Call, in *sdk.ListSSHPublicKeysInput) (*fakeaws.Plan[*sdk.ListSSHPublicKeysOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.ListSSHPublicKeysOutput, error) {
		p, err := list(byID(u.user.ssh), in.Marker, in.MaxItems, func(k *sshKey) (types.SSHPublicKeyMetadata, bool) {
			return types.SSHPublicKeyMetadata{
				SSHPublicKeyId: aws.String(k.id), Status: k.status,
				UploadDate: aws.Time(k.uploaded), UserName: aws.String(u.name),
			}, true
		})
		return &sdk.ListSSHPublicKeysOutput{SSHPublicKeys: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// updateSSHPublicKey makes a public key active or inactive.
func (s *Fake) updateSSHPublicKey(call *fakeaws.Call, in *sdk.UpdateSSHPublicKeyInput) (*fakeaws.Plan[*sdk.UpdateSSHPublicKeyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.UpdateSSHPublicKeyOutput, error) {
		k, err := find(u.user.ssh, *in.SSHPublicKeyId, noSSHKey)
		if err != nil {
			return nil, err
		}
		if err := checkStatus(in.Status); err != nil {
			return nil, err
		}
		k.status = in.Status
		return &sdk.UpdateSSHPublicKeyOutput{}, nil
	})
}

// deleteSSHPublicKey deletes a public key of a user.
func (s *Fake) deleteSSHPublicKey(call *fakeaws.Call, in *sdk.DeleteSSHPublicKeyInput) (*fakeaws.Plan[*sdk.DeleteSSHPublicKeyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.DeleteSSHPublicKeyOutput, error) {
		if _, err := find(u.user.ssh, *in.SSHPublicKeyId, noSSHKey); err != nil {
			return nil, err
		}
		u.user.ssh = without(u.user.ssh, *in.SSHPublicKeyId)
		return &sdk.DeleteSSHPublicKeyOutput{}, nil
	})
}
