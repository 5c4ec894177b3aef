package kms_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A scene has one thing of each kind that calls are about.
type scene struct {
	*cloud
	key, mrk, imported, signing, agreeing, mac *types.KeyMetadata
	blob, signature, public, tag               []byte
	grant                                      *awskms.CreateGrantOutput
}

func newScene(t testing.TB) *scene {
	t.Helper()
	ctx := t.Context()
	s := &scene{cloud: newCloud(t)}
	root := s.root()
	s.key = s.cloud.key(t)
	s.mrk = s.cloud.key(t, func(in *awskms.CreateKeyInput) { in.MultiRegion = aws.Bool(true) })
	_, err := root.ReplicateKey(ctx, &awskms.ReplicateKeyInput{KeyId: s.mrk.KeyId, ReplicaRegion: aws.String("eu-west-1")})
	require.NoError(t, err)
	s.imported = s.cloud.key(t, func(in *awskms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
	s.signing = s.cloud.key(t, ofKind(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
	s.agreeing = s.cloud.key(t, ofKind(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))
	s.mac = s.cloud.key(t, ofKind(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
	_, err = root.CreateAlias(ctx, &awskms.CreateAliasInput{AliasName: aws.String("alias/app"), TargetKeyId: s.key.KeyId})
	require.NoError(t, err)
	sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: s.key.KeyId, Plaintext: []byte("x")})
	require.NoError(t, err)
	s.blob = sealed.CiphertextBlob
	signed, err := root.Sign(ctx, &awskms.SignInput{KeyId: s.signing.KeyId, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
	require.NoError(t, err)
	s.signature = signed.Signature
	public, err := root.GetPublicKey(ctx, &awskms.GetPublicKeyInput{KeyId: s.agreeing.KeyId})
	require.NoError(t, err)
	s.public = public.PublicKey
	mac, err := root.GenerateMac(ctx, &awskms.GenerateMacInput{KeyId: s.mac.KeyId, Message: []byte("m"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256})
	require.NoError(t, err)
	s.tag = mac.Mac
	s.grant, err = root.CreateGrant(ctx, &awskms.CreateGrantInput{KeyId: s.key.KeyId, GranteePrincipal: aws.String("arn:aws:iam::" + stranger + ":root"), Operations: []types.GrantOperation{types.GrantOperationDecrypt}})
	require.NoError(t, err)
	return s
}

// calls are one valid call of each operation, with what it needs besides the action of its
// own name, and its error when it is allowed.
func (s *scene) calls() []opCall {
	id, alias := s.key.KeyId, aws.String("alias/app")
	return []opCall{
		{in: &awskms.CreateKeyInput{}},
		{in: &awskms.DescribeKeyInput{KeyId: id}},
		{in: &awskms.EnableKeyInput{KeyId: id}},
		{in: &awskms.DisableKeyInput{KeyId: id}},
		{in: &awskms.UpdateKeyDescriptionInput{KeyId: id, Description: aws.String("d")}},
		{in: &awskms.ListKeysInput{}},
		{in: &awskms.ListAliasesInput{}},
		{in: &awskms.PutKeyPolicyInput{KeyId: id, Policy: aws.String(keyPolicy(""))}},
		{in: &awskms.GetKeyPolicyInput{KeyId: id}},
		{in: &awskms.ListKeyPoliciesInput{KeyId: id}},
		{in: &awskms.ScheduleKeyDeletionInput{KeyId: id}},
		{in: &awskms.CancelKeyDeletionInput{KeyId: id}, code: "KMSInvalidStateException"},
		{in: &awskms.TagResourceInput{KeyId: id, Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("b")}}}},
		{in: &awskms.UntagResourceInput{KeyId: id, TagKeys: []string{"a"}}},
		{in: &awskms.ListResourceTagsInput{KeyId: id}},
		{in: &awskms.CreateAliasInput{AliasName: aws.String("alias/new"), TargetKeyId: id}},
		{in: &awskms.UpdateAliasInput{AliasName: alias, TargetKeyId: s.mrk.KeyId}},
		{in: &awskms.DeleteAliasInput{AliasName: alias}},
		{in: &awskms.CreateGrantInput{KeyId: id, GranteePrincipal: aws.String("arn:aws:iam::" + owner + ":root"), Operations: []types.GrantOperation{types.GrantOperationDecrypt}}},
		{in: &awskms.ListGrantsInput{KeyId: id}},
		{in: &awskms.ListRetirableGrantsInput{RetiringPrincipal: aws.String("arn:aws:iam::" + owner + ":root")}},
		{in: &awskms.RetireGrantInput{KeyId: s.key.Arn, GrantId: s.grant.GrantId}},
		{in: &awskms.RevokeGrantInput{KeyId: id, GrantId: s.grant.GrantId}},
		{in: &awskms.EnableKeyRotationInput{KeyId: id}},
		{in: &awskms.DisableKeyRotationInput{KeyId: id}},
		{in: &awskms.GetKeyRotationStatusInput{KeyId: id}},
		{in: &awskms.RotateKeyOnDemandInput{KeyId: id}},
		{in: &awskms.ListKeyRotationsInput{KeyId: id}},
		{in: &awskms.GetParametersForImportInput{KeyId: s.imported.KeyId, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048}},
		{in: &awskms.ImportKeyMaterialInput{KeyId: s.imported.KeyId, ImportToken: []byte("x"), EncryptedKeyMaterial: []byte("x"), ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire}, code: "InvalidImportTokenException"},
		{in: &awskms.DeleteImportedKeyMaterialInput{KeyId: s.imported.KeyId}},
		{in: &awskms.ReplicateKeyInput{KeyId: s.mrk.KeyId, ReplicaRegion: aws.String("eu-west-2")}, more: []string{"kms:CreateKey"}},
		{in: &awskms.UpdatePrimaryRegionInput{KeyId: s.mrk.KeyId, PrimaryRegion: aws.String("eu-west-1")}},
		{in: &awskms.EncryptInput{KeyId: id, Plaintext: []byte("x")}},
		{in: &awskms.DecryptInput{CiphertextBlob: s.blob}},
		{in: &awskms.ReEncryptInput{CiphertextBlob: s.blob, DestinationKeyId: s.mrk.KeyId}, actions: []string{"kms:ReEncryptFrom", "kms:ReEncryptTo"}},
		{in: &awskms.GenerateDataKeyInput{KeyId: id, KeySpec: types.DataKeySpecAes256}},
		{in: &awskms.GenerateDataKeyWithoutPlaintextInput{KeyId: id, KeySpec: types.DataKeySpecAes256}},
		{in: &awskms.GenerateDataKeyPairInput{KeyId: id, KeyPairSpec: types.DataKeyPairSpecEccNistP256}},
		{in: &awskms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: id, KeyPairSpec: types.DataKeyPairSpecEccNistP256}},
		{in: &awskms.GenerateRandomInput{NumberOfBytes: aws.Int32(1)}},
		{in: &awskms.SignInput{KeyId: s.signing.KeyId, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}},
		{in: &awskms.VerifyInput{KeyId: s.signing.KeyId, Message: []byte("m"), Signature: s.signature, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}},
		{in: &awskms.GetPublicKeyInput{KeyId: s.signing.KeyId}},
		{in: &awskms.GenerateMacInput{KeyId: s.mac.KeyId, Message: []byte("m"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256}},
		{in: &awskms.VerifyMacInput{KeyId: s.mac.KeyId, Message: []byte("m"), Mac: s.tag, MacAlgorithm: types.MacAlgorithmSpecHmacSha256}},
		{in: &awskms.DeriveSharedSecretInput{KeyId: s.agreeing.KeyId, PublicKey: s.public, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh}},
	}
}

// An opCall is a call of an operation.
type opCall struct {
	in            any
	actions, more []string
	code          string
}

func (c *opCall) operation() string {
	return strings.TrimSuffix(reflect.TypeOf(c.in).Elem().Name(), "Input")
}

func (c *opCall) needs() []string {
	if c.actions != nil {
		return c.actions
	}
	return append([]string{"kms:" + c.operation()}, c.more...)
}

// send calls an operation of a client by the type of its input.
func send(ctx context.Context, client *awskms.Client, in any) error {
	method := reflect.ValueOf(client).MethodByName(strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input"))
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
	err, _ := out[1].Interface().(error)
	return err
}

func allowAll(actions []string) string {
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"}})
	return string(text)
}

// notImplemented are the operations that are answered so.
var notImplemented = []string{
	"ConnectCustomKeyStore", "CreateCustomKeyStore", "Decapsulate", "DeleteCustomKeyStore", "DescribeCustomKeyStores", "DisconnectCustomKeyStore",
	"Encapsulate", "GetKeyLastUsage", "UpdateCustomKeyStore",
}

// Each operation is refused without its permissions, with all but one of them, to another
// account, and by an explicit Deny; and performed with exactly them.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	var done []string
	for _, c := range newScene(t).calls() {
		done = append(done, c.operation())
	}
	client := reflect.TypeFor[*awskms.Client]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumIn() == 4 && m.Type.NumOut() == 2 {
			assert.NotEqual(t, slices.Contains(done, m.Name), slices.Contains(notImplemented, m.Name), m.Name)
		}
	}
	for i, op := range done {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			c := s.calls()[i]
			user := s.users.Add(s.World.World, owner, "user", "")
			foreign := s.users.Add(s.World.World, stranger, "foreign", allowAll([]string{"kms:*"}))
			denied := func(policy string) {
				t.Helper()
				s.users.SetPolicy(user, policy)
				requireCode(t, send(t.Context(), s.client(user), c.in), "AccessDeniedException")
			}
			denied("")
			for without := range c.needs() {
				rest := slices.Delete(slices.Clone(c.needs()), without, without+1)
				if len(rest) > 0 {
					denied(allowAll(rest))
				}
			}
			denied(strings.Replace(allowAll(append([]string{"kms:*"}, c.needs()...)), `"Allow"`, `"Deny"`, 1))
			if aboutKey(c.in) {
				err := send(t.Context(), s.client(foreign), foreignInput(c.in))
				if op != "ListAliases" && op != "Decrypt" { // Decrypt names no key, and the other lists one's own
					requireCode(t, err, "AccessDeniedException")
				}
			}
			s.users.SetPolicy(user, allowAll(c.needs()))
			err := send(t.Context(), s.client(user), c.in)
			var api smithy.APIError
			if c.code == "" {
				require.NoError(t, err)
			} else {
				require.ErrorAs(t, err, &api)
				assert.Equal(t, c.code, api.ErrorCode())
			}
		})
	}
}

func aboutKey(in any) bool {
	_, ok := reflect.TypeOf(in).Elem().FieldByName("KeyId")
	return ok
}

// foreignInput is an input that names its key by the ARN.
func foreignInput(in any) any {
	copied := reflect.New(reflect.TypeOf(in).Elem())
	copied.Elem().Set(reflect.ValueOf(in).Elem())
	if id := copied.Elem().FieldByName("KeyId"); !id.IsNil() && !strings.HasPrefix(id.Elem().String(), "arn:") {
		id.Set(reflect.ValueOf(aws.String("arn:aws:kms:" + region + ":" + owner + ":key/" + id.Elem().String())))
	}
	return copied.Interface()
}
