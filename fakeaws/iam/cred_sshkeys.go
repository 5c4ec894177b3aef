package iam

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
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

const (
	// maxSSHKeys is the quota per user.
	maxSSHKeys = 5
	// leastKeyBits is the least length of a key (API page "UploadSSHPublicKey").
	leastKeyBits = 2048
	sshRSA       = "ssh-rsa"
)

// An sshKey is a public key with which a user signs in to CodeCommit.
type sshKey struct {
	id       string
	key      *rsa.PublicKey
	wire     []byte // as in RFC 4253
	status   types.StatusType
	uploaded time.Time
}

func (k *sshKey) credentialID() string { return k.id }

// parseSSHKey reads a public key in the format of ssh-rsa or in PEM.
func parseSSHKey(body string) (*rsa.PublicKey, error) {
	unrecognized := &types.UnrecognizedPublicKeyEncodingException{Message: aws.String(badSSHKey)}
	var key *rsa.PublicKey
	if block, _ := pem.Decode([]byte(body)); block != nil {
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			public, err = x509.ParsePKCS1PublicKey(block.Bytes)
		}
		if err != nil {
			return nil, unrecognized
		}
		key, _ = public.(*rsa.PublicKey)
	} else {
		var ok bool
		if key, ok = parseSSHLine(body); !ok {
			return nil, unrecognized
		}
	}
	if key == nil || key.N.BitLen() < leastKeyBits {
		return nil, &types.InvalidPublicKeyException{Message: aws.String(weakSSHKey)}
	}
	return key, nil
}

// parseSSHLine reads "ssh-rsa BASE64 comment".
func parseSSHLine(line string) (*rsa.PublicKey, bool) {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] != sshRSA {
		return nil, false
	}
	rest, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return nil, false
	}
	var parts [3][]byte // algorithm, exponent, modulus
	for i := range parts {
		if len(rest) < 4 {
			return nil, false
		}
		n := binary.BigEndian.Uint32(rest)
		if rest = rest[4:]; uint64(n) > uint64(len(rest)) {
			return nil, false
		}
		parts[i], rest = rest[:n], rest[n:]
	}
	exponent := new(big.Int).SetBytes(parts[1])
	if string(parts[0]) != sshRSA || len(rest) > 0 || exponent.Sign() == 0 || exponent.BitLen() > 31 {
		return nil, false
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(parts[2]), E: int(exponent.Int64())}, true
}

// sshWire writes a public key as in RFC 4253: algorithm, exponent, modulus, each
// after its length.
func sshWire(key *rsa.PublicKey) []byte {
	var b []byte
	add := func(part []byte) {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	number := func(n *big.Int) {
		digits := n.Bytes()
		if len(digits) > 0 && digits[0]&0x80 != 0 {
			digits = append([]byte{0}, digits...) // or it would be negative
		}
		add(digits)
	}
	add([]byte(sshRSA))
	number(big.NewInt(int64(key.E)))
	number(key.N)
	return b
}

// encode writes the key in the format that is asked for.
func (k *sshKey) encode(encoding types.EncodingType) string {
	if encoding == types.EncodingTypePem {
		// What was parsed can be written.
		der, _ := x509.MarshalPKIXPublicKey(k.key)
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	return sshRSA + " " + base64.StdEncoding.EncodeToString(k.wire)
}

// fingerprint is the MD5 of the key, in the way that ssh-keygen prints it.
func (k *sshKey) fingerprint() string {
	sum := md5.Sum(k.wire)
	pairs := make([]string, len(sum))
	for i := range sum {
		pairs[i] = hex.EncodeToString(sum[i : i+1])
	}
	return strings.Join(pairs, ":")
}

func (k *sshKey) view(u *entity, body string) *types.SSHPublicKey {
	return &types.SSHPublicKey{
		Fingerprint:      aws.String(k.fingerprint()),
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
		public, err := parseSSHKey(*in.SSHPublicKeyBody)
		if err != nil {
			return nil, err
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
			id: s.world.IDs().Unique("APKA"), key: public, wire: sshWire(public),
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
		return &sdk.GetSSHPublicKeyOutput{SSHPublicKey: k.view(u, k.encode(in.Encoding))}, nil
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
