package all_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	fakesns "github.com/leastpriv/leastpriv/fakeaws/sns"
)

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
	_, err = client.CreateSMSSandboxPhoneNumber(ctx, &sns.CreateSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(optInValues["PhoneNumber"].(string))})
	require.NoError(t, err)
}

// fillStates makes a state machine with a version and an alias, an express one, an execution that
// waits, and an activity.
func (f *filled) fillStates(t testing.TB, client *sfn.Client, roles *iam.Client) {
	t.Helper()
	ctx := t.Context()
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("machine"), AssumeRolePolicyDocument: aws.String(trustStates)})
	require.NoError(t, err)
	f.values["states.RoleArn"] = *role.Role.Arn
	standard, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("target"), RoleArn: role.Role.Arn, Definition: aws.String(waits), Publish: true})
	require.NoError(t, err)
	express, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("express"), RoleArn: role.Role.Arn, Type: sfntypes.StateMachineTypeExpress, Definition: aws.String(passes)})
	require.NoError(t, err)
	routes := []sfntypes.RoutingConfigurationListItem{{StateMachineVersionArn: standard.StateMachineVersionArn, Weight: 100}}
	alias, err := client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("target"), RoutingConfiguration: routes})
	require.NoError(t, err)
	execution, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: standard.StateMachineArn})
	require.NoError(t, err)
	require.NoError(t, f.Settle(ctx)) // until the execution waits
	activity, err := client.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String("target")})
	require.NoError(t, err)
	f.values["StateMachineArn"], f.values["ListExecutions.StateMachineArn"], f.values["states.ResourceArn"] = *standard.StateMachineArn, *standard.StateMachineArn, *standard.StateMachineArn
	f.values["StateMachineVersionArn"], f.values["StateMachineAliasArn"], f.values["RoutingConfiguration"] = *standard.StateMachineVersionArn, *alias.StateMachineAliasArn, routes
	f.values["StartSyncExecution.StateMachineArn"], f.values["ExecutionArn"], f.values["ActivityArn"] = *express.StateMachineArn, *execution.ExecutionArn, *activity.ActivityArn
	f.values["GetActivityTask.ActivityArn"] = *activity.ActivityArn + "-none" // or the call would wait for a task
}

// trustStates lets Step Functions assume a role.
const trustStates = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}}`

// Definitions of state machines.
const (
	passes = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	waits  = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,"End":true}}}`
)

// optInValues are those of plainValues that are members of the services of all.OptIn.
var optInValues = map[string]any{
	"SecretId": "target", "RemoveReplicaRegions": []string{"eu-west-1"}, "SecretIdList": []string{"target"}, "BatchGetSecretValue.SecretIdList": []string{"target"},
	"AddReplicaRegions": []smtypes.ReplicaRegionType{{Region: aws.String("eu-central-1")}}, "VersionStage": "AWSCURRENT",
	"PutSecretValue.SecretString": "value", "ResourcePolicy": toRoot,
	"secretsmanager.Tags": []smtypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},

	"AliasName": "alias/target", "CreateAlias.AliasName": "alias/value", "kms.Policy": toRoot,
	"kms.Tags":                     []kmstypes.Tag{{TagKey: aws.String("value"), TagValue: aws.String("value")}},
	"CreateGrant.GranteePrincipal": "arn:aws:iam::" + worldtest.Account + ":role/target", "ListRetirableGrants.RetiringPrincipal": "arn:aws:iam::" + worldtest.Account + ":role/target",
	"ReplicaRegion": "eu-west-2", "PrimaryRegion": "eu-west-1", "KeyPairSpec": kmstypes.DataKeyPairSpecEccNistP256,
	"GenerateDataKey.KeySpec": kmstypes.DataKeySpecAes256, "GenerateDataKeyWithoutPlaintext.KeySpec": kmstypes.DataKeySpecAes256,
	"GenerateRandom.NumberOfBytes": aws.Int32(1), "kms.SigningAlgorithm": kmstypes.SigningAlgorithmSpecEcdsaSha256, "MacAlgorithm": kmstypes.MacAlgorithmSpecHmacSha256,
	"WrappingAlgorithm": kmstypes.AlgorithmSpecRsaesOaepSha256, "WrappingKeySpec": kmstypes.WrappingKeySpecRsa2048,
	"ImportKeyMaterial.ExpirationModel": kmstypes.ExpirationModelTypeKeyMaterialDoesNotExpire,

	"CreateTopic.Name": "value", "CreatePlatformApplication.Name": "value", "Platform": "GCM", "PhoneNumber": "+12065550100", "OneTimePassword": "12345",
	"sns.Tags": []snstypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}}, "AWSAccountId": []string{worldtest.Other}, "ActionName": []string{"Publish"},
	"SetTopicAttributes.AttributeName": "DisplayName", "SetSubscriptionAttributes.AttributeName": "RawMessageDelivery", "SetSubscriptionAttributes.AttributeValue": "true",
	"SetSMSAttributes.Attributes": map[string]string{"DefaultSMSType": "Transactional"}, "SetEndpointAttributes.Attributes": map[string]string{"CustomUserData": "value"},
	"Protocol": "sqs", "Endpoint": "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target", "DataProtectionPolicy": `{"Name":"value"}`,

	"Definition": passes, "UpdateStateMachine.Definition": passes, "Output": "{}", "UpdateStateMachineAlias.Description": "value",
	"MapRunArn":   "arn:aws:states:" + worldtest.Region + ":" + worldtest.Account + ":mapRun:target/label:run",
	"states.Tags": []sfntypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
}
