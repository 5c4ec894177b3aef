package iam

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const (
	raceAccount = "111122223333"
	raceARN     = "arn:aws:iam::" + raceAccount + ":"
	raceAllow   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	raceTrust   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
)

// A race is an account with one resource of each type, all of the name "x", in which
// a resource is deleted and made again between the plan of a call and its work.
type race struct {
	*Fake
	world   *fakeaws.World
	members map[string]any // of inputs, by name
}

func newRace(t *testing.T) *race {
	t.Helper()
	w := worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{Service}}, raceAccount)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	now := w.Clock().Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	text := func(block string, der []byte) *string {
		return aws.String(string(pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der})))
	}
	x, again, allow := aws.String("x"), aws.String("x-again"), aws.String(raceAllow)
	return &race{Fake: Of(w), world: w, members: map[string]any{
		"UserName": x, "GroupName": x, "RoleName": x, "PolicyName": x, "InstanceProfileName": x,
		"ServerCertificateName": x, "VirtualMFADeviceName": x, "Name": x,
		"NewUserName": again, "NewGroupName": again, "NewServerCertificateName": again,
		"PolicyArn": aws.String(raceARN + "policy/x"), "PermissionsBoundary": aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess"),
		"Url": aws.String("https://x.example.com"), "OpenIDConnectProviderArn": aws.String(raceARN + "oidc-provider/x.example.com"),
		"SAMLProviderArn": aws.String(raceARN + "saml-provider/x"), "SerialNumber": aws.String(raceARN + "mfa/x"),
		"PolicyDocument": allow, "AssumeRolePolicyDocument": aws.String(raceTrust), "VersionId": aws.String("v1"),
		"SAMLMetadataDocument": aws.String(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor/></EntityDescriptor>` + strings.Repeat(" ", 1000)),
		"CertificateBody":      text("CERTIFICATE", certificate), "PrivateKey": text("EC PRIVATE KEY", private),
		"ClientID": again, "ThumbprintList": []string{strings.Repeat("0", 40)}, "Description": again, "Password": aws.String("Correct-Horse-7"),
		"Tags": []types.Tag{{Key: again, Value: again}}, "TagKeys": []string{"x"},
		"AuthenticationCode1": aws.String("123456"), "AuthenticationCode2": aws.String("654321"),
		"AccessKeyId": aws.String("AKIA0123456789ABCDEF"), "Status": types.StatusTypeInactive, "CertificateId": aws.String(strings.Repeat("A", 32)),
		"SSHPublicKeyId": aws.String("APKA0123456789ABCDEF"), "SSHPublicKeyBody": again, "Encoding": types.EncodingTypeSsh,
		"ServiceName": aws.String("codecommit.amazonaws.com"), "ServiceSpecificCredentialId": aws.String("ACCA0123456789ABCDEF"),
	}}
}

// An operation plans its call with the members of a race.
type operation struct {
	name string
	plan func(t *testing.T, r *race) func() (any, error)
}

func of[I, O any](method func(*Fake, *fakeaws.Call, *I) (*fakeaws.Plan[*O], error)) operation {
	name := strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input")
	return operation{name, func(t *testing.T, r *race) func() (any, error) {
		t.Helper()
		in := new(I)
		for i := range reflect.TypeFor[I]().NumField() {
			f := reflect.TypeFor[I]().Field(i)
			if v := reflect.ValueOf(r.members[f.Name]); v.IsValid() && v.Type() == f.Type {
				reflect.ValueOf(in).Elem().Field(i).Set(v)
			}
		}
		root, _ := r.world.Account(raceAccount)
		p, err := method(r.Fake, &fakeaws.Call{
			Context: t.Context(), World: r.world, Account: raceAccount, Caller: root.Root.Caller, Operation: name,
		}, in)
		require.NoError(t, err, name)
		require.NotEmpty(t, p.Needs, name)
		return func() (any, error) { return p.Do() }
	}}
}

func (o operation) do(t *testing.T, r *race) any {
	t.Helper()
	out, err := o.plan(t, r)()
	require.NoError(t, err, o.name)
	return out
}

// races has, for each type of resource, how one is made, deleted and described, and
// the operations on it.
var races = map[string]struct {
	create, remove, describe operation
	on                       []operation
}{
	"user": {of((*Fake).createUser), of((*Fake).deleteUser), of((*Fake).getUser), []operation{
		of((*Fake).updateUser), of((*Fake).tagUser), of((*Fake).untagUser), of((*Fake).listUserTags), of((*Fake).listGroupsForUser),
		of((*Fake).putUserPolicy), of((*Fake).getUserPolicy), of((*Fake).deleteUserPolicy), of((*Fake).listUserPolicies),
		of((*Fake).attachUserPolicy), of((*Fake).detachUserPolicy), of((*Fake).listAttachedUserPolicies),
		of((*Fake).putUserPermissionsBoundary), of((*Fake).deleteUserPermissionsBoundary),
		of((*Fake).createAccessKey), of((*Fake).deleteAccessKey), of((*Fake).updateAccessKey), of((*Fake).listAccessKeys),
		of((*Fake).createLoginProfile), of((*Fake).getLoginProfile), of((*Fake).updateLoginProfile), of((*Fake).deleteLoginProfile),
		of((*Fake).enableMFADevice), of((*Fake).resyncMFADevice), of((*Fake).deactivateMFADevice), of((*Fake).listMFADevices), of((*Fake).getMFADevice),
		of((*Fake).uploadSigningCertificate), of((*Fake).updateSigningCertificate), of((*Fake).deleteSigningCertificate), of((*Fake).listSigningCertificates),
		of((*Fake).uploadSSHPublicKey), of((*Fake).getSSHPublicKey), of((*Fake).updateSSHPublicKey), of((*Fake).deleteSSHPublicKey), of((*Fake).listSSHPublicKeys),
		of((*Fake).createServiceSpecificCredential), of((*Fake).updateServiceSpecificCredential), of((*Fake).resetServiceSpecificCredential),
		of((*Fake).deleteServiceSpecificCredential), of((*Fake).listServiceSpecificCredentials),
	}},
	"group": {of((*Fake).createGroup), of((*Fake).deleteGroup), of((*Fake).getGroup), []operation{
		of((*Fake).updateGroup), of((*Fake).addUserToGroup), of((*Fake).removeUserFromGroup),
		of((*Fake).putGroupPolicy), of((*Fake).getGroupPolicy), of((*Fake).deleteGroupPolicy), of((*Fake).listGroupPolicies),
		of((*Fake).attachGroupPolicy), of((*Fake).detachGroupPolicy), of((*Fake).listAttachedGroupPolicies),
	}},
	"role": {of((*Fake).createRole), of((*Fake).deleteRole), of((*Fake).getRole), []operation{
		of((*Fake).updateRole), of((*Fake).updateRoleDescription), of((*Fake).updateAssumeRolePolicy), of((*Fake).deleteServiceLinkedRole),
		of((*Fake).tagRole), of((*Fake).untagRole), of((*Fake).listRoleTags), of((*Fake).listInstanceProfilesForRole), of((*Fake).addRoleToInstanceProfile),
		of((*Fake).putRolePolicy), of((*Fake).getRolePolicy), of((*Fake).deleteRolePolicy), of((*Fake).listRolePolicies),
		of((*Fake).attachRolePolicy), of((*Fake).detachRolePolicy), of((*Fake).listAttachedRolePolicies),
		of((*Fake).putRolePermissionsBoundary), of((*Fake).deleteRolePermissionsBoundary),
	}},
	"policy": {of((*Fake).createPolicy), of((*Fake).deletePolicy), of((*Fake).getPolicy), []operation{
		of((*Fake).createPolicyVersion), of((*Fake).getPolicyVersion), of((*Fake).deletePolicyVersion), of((*Fake).listPolicyVersions),
		of((*Fake).setDefaultPolicyVersion), of((*Fake).listEntitiesForPolicy), of((*Fake).tagPolicy), of((*Fake).untagPolicy), of((*Fake).listPolicyTags),
	}},
	"instance profile": {of((*Fake).createInstanceProfile), of((*Fake).deleteInstanceProfile), of((*Fake).getInstanceProfile), []operation{
		of((*Fake).addRoleToInstanceProfile), of((*Fake).removeRoleFromInstanceProfile),
		of((*Fake).tagInstanceProfile), of((*Fake).untagInstanceProfile), of((*Fake).listInstanceProfileTags),
	}},
	"OpenID Connect provider": {of((*Fake).createOpenIDConnectProvider), of((*Fake).deleteOpenIDConnectProvider), of((*Fake).getOpenIDConnectProvider), []operation{
		of((*Fake).updateOpenIDConnectProviderThumbprint), of((*Fake).addClientIDToOpenIDConnectProvider), of((*Fake).removeClientIDFromOpenIDConnectProvider),
		of((*Fake).tagOpenIDConnectProvider), of((*Fake).untagOpenIDConnectProvider), of((*Fake).listOpenIDConnectProviderTags),
	}},
	"SAML provider": {of((*Fake).createSAMLProvider), of((*Fake).deleteSAMLProvider), of((*Fake).getSAMLProvider), []operation{
		of((*Fake).updateSAMLProvider), of((*Fake).tagSAMLProvider), of((*Fake).untagSAMLProvider), of((*Fake).listSAMLProviderTags),
	}},
	"MFA device": {of((*Fake).createVirtualMFADevice), of((*Fake).deleteVirtualMFADevice), of((*Fake).listMFADeviceTags), []operation{
		of((*Fake).tagMFADevice), of((*Fake).untagMFADevice),
	}},
	"server certificate": {of((*Fake).uploadServerCertificate), of((*Fake).deleteServerCertificate), of((*Fake).getServerCertificate), []operation{
		of((*Fake).updateServerCertificate), of((*Fake).tagServerCertificate), of((*Fake).untagServerCertificate), of((*Fake).listServerCertificateTags),
	}},
}

// What a call was authorized on is what it changes: a resource that was deleted and
// made again in between is another one, and so is one that was made in between.
func TestRecreatedResourceIsNotChanged(t *testing.T) {
	t.Parallel()
	for kind, test := range races {
		for _, o := range append(test.on, test.remove, test.describe) {
			t.Run(kind+"/"+o.name, func(t *testing.T) {
				t.Parallel()
				for _, exists := range []bool{true, false} {
					r := newRace(t)
					for _, other := range races {
						other.create.do(t, r)
					}
					if !exists {
						test.remove.do(t, r)
					}
					do := o.plan(t, r)
					if exists {
						test.remove.do(t, r)
					}
					test.create.do(t, r)
					before := test.describe.do(t, r)
					_, err := do()
					if o.name == "DeleteOpenIDConnectProvider" {
						require.NoError(t, err, "to delete one that does not exist is no error")
					} else {
						var api smithy.APIError
						require.ErrorAs(t, err, &api)
						assert.Equal(t, "NoSuchEntity", api.ErrorCode())
					}
					assert.Equal(t, before, test.describe.do(t, r))
				}
			})
		}
	}
}

// The table above has every operation on a resource that it has.
func TestRecreatedTableIsComplete(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, test := range races {
		for _, o := range append(test.on, test.create, test.remove, test.describe) {
			have[o.name] = true
		}
	}
	names := []string{
		"UserName", "GroupName", "RoleName", "PolicyArn", "InstanceProfileName", "OpenIDConnectProviderArn", "SAMLProviderArn",
		"SerialNumber", "ServerCertificateName",
	}
	for _, op := range newRace(t).Ops() {
		method, ok := reflect.TypeFor[*sdk.Client]().MethodByName(op.Name)
		require.True(t, ok, op.Name)
		in := method.Type.In(2).Elem()
		if slices.ContainsFunc(names, func(name string) bool { _, ok := in.FieldByName(name); return ok }) {
			assert.True(t, have[op.Name], op.Name)
		}
	}
}
