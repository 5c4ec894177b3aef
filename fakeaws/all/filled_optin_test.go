package all_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	fakesns "github.com/leastpriv/leastpriv/fakeaws/sns"
)

// fillers fill a World with what the operations of the services of all.OptIn are about, in
// the order of their files. IAM, Organizations, S3 and SQS are filled before.
var fillers []func(*filled, testing.TB, aws.Config)

// register has the tests of every service know one of all.OptIn: its client, the values of
// the members of its inputs, and what fills a World. A value has a key as filler has it. Where
// two services have different values for one key, they must be named with the service.
func register(service string, client func(aws.Config) any, values map[string]any, fill func(*filled, testing.TB, aws.Config)) {
	clientsOf[service] = client
	for key, value := range values {
		if other, ok := plainValues[key]; ok && !reflect.DeepEqual(other, value) {
			panic(service + ": another service has another value of " + key)
		}
		plainValues[key] = value
	}
	if fill != nil {
		fillers = append(fillers, fill)
	}
}

func init() {
	register("secretsmanager", secretsClient, secretsValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillSecretsManager(t, secretsmanager.NewFromConfig(c))
	})
	register("kms", func(c aws.Config) any { return kms.NewFromConfig(c) }, keysValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillKMS(t, kms.NewFromConfig(c))
	})
	register("sns", func(c aws.Config) any { return sns.NewFromConfig(c) }, topicsValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillSNS(t, sns.NewFromConfig(c))
	})
}

func (f *filled) fillSecretsManager(t testing.TB, client *secretsmanager.Client) {
	t.Helper()
	_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("target"), SecretString: aws.String("data"),
		AddReplicaRegions: []smtypes.ReplicaRegionType{{Region: aws.String("eu-west-1")}}})
	require.NoError(t, err)
}

// key makes a key, and has it be the KeyId of operations.
func (f *filled) key(t testing.TB, client *kms.Client, in *kms.CreateKeyInput, operations ...string) *kmstypes.KeyMetadata {
	t.Helper()
	made, err := client.CreateKey(t.Context(), in)
	require.NoError(t, err)
	for _, o := range operations {
		f.values[o+".KeyId"] = *made.KeyMetadata.KeyId
	}
	return made.KeyMetadata
}

func (f *filled) fillKMS(t testing.TB, client *kms.Client) {
	t.Helper()
	ctx := t.Context()
	plain := f.key(t, client, &kms.CreateKeyInput{})
	f.values["kms.KeyId"], f.values["kms.TargetKeyId"], f.values["DestinationKeyId"] = *plain.KeyId, *plain.KeyId, *plain.KeyId
	f.values["RetireGrant.KeyId"] = *plain.Arn
	of := func(spec kmstypes.KeySpec, usage kmstypes.KeyUsageType) *kms.CreateKeyInput {
		return &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage}
	}
	signing := f.key(t, client, of(kmstypes.KeySpecEccNistP256, kmstypes.KeyUsageTypeSignVerify), "Sign", "Verify", "GetPublicKey")
	agreeing := f.key(t, client, of(kmstypes.KeySpecEccNistP256, kmstypes.KeyUsageTypeKeyAgreement), "DeriveSharedSecret")
	mac := f.key(t, client, of(kmstypes.KeySpecHmac256, kmstypes.KeyUsageTypeGenerateVerifyMac), "GenerateMac", "VerifyMac")
	f.key(t, client, &kms.CreateKeyInput{Origin: kmstypes.OriginTypeExternal}, "GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial")
	primary := f.key(t, client, &kms.CreateKeyInput{MultiRegion: aws.Bool(true)}, "ReplicateKey", "UpdatePrimaryRegion")
	_, err := client.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: primary.KeyId, ReplicaRegion: aws.String("eu-west-1")})
	require.NoError(t, err)
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/target"), TargetKeyId: plain.KeyId})
	require.NoError(t, err)
	sealed, err := client.Encrypt(ctx, &kms.EncryptInput{KeyId: plain.KeyId, Plaintext: []byte("data")})
	require.NoError(t, err)
	signed, err := client.Sign(ctx, &kms.SignInput{KeyId: signing.KeyId, Message: []byte("data"), SigningAlgorithm: kmstypes.SigningAlgorithmSpecEcdsaSha256})
	require.NoError(t, err)
	public, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: agreeing.KeyId})
	require.NoError(t, err)
	sum, err := client.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: mac.KeyId, Message: []byte("data"), MacAlgorithm: kmstypes.MacAlgorithmSpecHmacSha256})
	require.NoError(t, err)
	f.values["Decrypt.CiphertextBlob"], f.values["ReEncrypt.CiphertextBlob"] = sealed.CiphertextBlob, sealed.CiphertextBlob
	f.values["Verify.Signature"] = signed.Signature
	f.values["DeriveSharedSecret.PublicKey"], f.values["VerifyMac.Mac"] = public.PublicKey, sum.Mac
	grant, err := client.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: plain.KeyId, GranteePrincipal: aws.String(f.values["RoleArn"].(string)),
		Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt}})
	require.NoError(t, err)
	f.values["GrantId"], f.values["RetireGrant.GrantId"] = *grant.GrantId, *grant.GrantId
}

// fillSNS makes a topic, to which a queue and a web server are subscribed. Who ends the
// subscription of the server must sign.
func (f *filled) fillSNS(t testing.TB, client *sns.Client) {
	t.Helper()
	ctx := t.Context()
	topic, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("target")})
	require.NoError(t, err)
	f.values["TopicArn"], f.values["sns.ResourceArn"], f.values["Publish.TopicArn"] = *topic.TopicArn, *topic.TopicArn, *topic.TopicArn
	var asked struct{ Token string }
	fakesns.Deliver(f.World.World, "https://target.example.com/", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err == nil {
			_ = json.Unmarshal(body.Bytes(), &asked)
		}
	}))
	_, err = client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("https"), Endpoint: aws.String("https://target.example.com/")})
	require.NoError(t, err)
	require.NotEmpty(t, asked.Token)
	confirmed, err := client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: topic.TopicArn, Token: &asked.Token, AuthenticateOnUnsubscribe: aws.String("true")})
	require.NoError(t, err)
	f.values["SubscriptionArn"] = *confirmed.SubscriptionArn
	settings := map[string]string{"PlatformCredential": "credential"}
	application, err := client.CreatePlatformApplication(ctx, &sns.CreatePlatformApplicationInput{Name: aws.String("target"), Platform: aws.String("GCM"), Attributes: settings})
	require.NoError(t, err)
	endpoint, err := client.CreatePlatformEndpoint(ctx, &sns.CreatePlatformEndpointInput{PlatformApplicationArn: application.PlatformApplicationArn, Token: aws.String("device")})
	require.NoError(t, err)
	f.values["PlatformApplicationArn"], f.values["EndpointArn"] = *application.PlatformApplicationArn, *endpoint.EndpointArn
	f.values["CreatePlatformApplication.Attributes"], f.values["SetPlatformApplicationAttributes.Attributes"] = settings, settings
	_, err = client.CreateSMSSandboxPhoneNumber(ctx, &sns.CreateSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(topicsValues["PhoneNumber"].(string))})
	require.NoError(t, err)
}

var secretsValues = map[string]any{
	"SecretId": "target", "RemoveReplicaRegions": []string{"eu-west-1"}, "SecretIdList": []string{"target"}, "BatchGetSecretValue.SecretIdList": []string{"target"},
	"AddReplicaRegions": []smtypes.ReplicaRegionType{{Region: aws.String("eu-central-1")}}, "VersionStage": "AWSCURRENT",
	"PutSecretValue.SecretString": "value", "ResourcePolicy": toRoot,
	"secretsmanager.Tags": []smtypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
}

var keysValues = map[string]any{
	"AliasName": "alias/target", "CreateAlias.AliasName": "alias/value", "kms.Policy": toRoot,
	"kms.Tags":                     []kmstypes.Tag{{TagKey: aws.String("value"), TagValue: aws.String("value")}},
	"CreateGrant.GranteePrincipal": "arn:aws:iam::" + worldtest.Account + ":role/target", "ListRetirableGrants.RetiringPrincipal": "arn:aws:iam::" + worldtest.Account + ":role/target",
	"ReplicaRegion": "eu-west-2", "PrimaryRegion": "eu-west-1", "KeyPairSpec": kmstypes.DataKeyPairSpecEccNistP256,
	"GenerateDataKey.KeySpec": kmstypes.DataKeySpecAes256, "GenerateDataKeyWithoutPlaintext.KeySpec": kmstypes.DataKeySpecAes256,
	"GenerateRandom.NumberOfBytes": aws.Int32(1), "kms.SigningAlgorithm": kmstypes.SigningAlgorithmSpecEcdsaSha256, "MacAlgorithm": kmstypes.MacAlgorithmSpecHmacSha256,
	"WrappingAlgorithm": kmstypes.AlgorithmSpecRsaesOaepSha256, "WrappingKeySpec": kmstypes.WrappingKeySpecRsa2048,
	"ImportKeyMaterial.ExpirationModel": kmstypes.ExpirationModelTypeKeyMaterialDoesNotExpire,
}

var topicsValues = map[string]any{
	"CreateTopic.Name": "value", "CreatePlatformApplication.Name": "value", "Platform": "GCM", "PhoneNumber": "+12065550100", "OneTimePassword": "12345",
	"sns.Tags": []snstypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}}, "AWSAccountId": []string{worldtest.Other}, "ActionName": []string{"Publish"},
	"SetTopicAttributes.AttributeName": "DisplayName", "SetSubscriptionAttributes.AttributeName": "RawMessageDelivery", "SetSubscriptionAttributes.AttributeValue": "true",
	"SetSMSAttributes.Attributes": map[string]string{"DefaultSMSType": "Transactional"}, "SetEndpointAttributes.Attributes": map[string]string{"CustomUserData": "value"},
	"Protocol": "sqs", "Endpoint": "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target", "DataProtectionPolicy": `{"Name":"value"}`,
}
