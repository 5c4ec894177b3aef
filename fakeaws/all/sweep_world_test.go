package all_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	fakesns "github.com/leastpriv/leastpriv/fakeaws/sns"
	fakesqs "github.com/leastpriv/leastpriv/fakeaws/sqs"
)

// hidden is in what the victim of the sweep stores, and in no request of the sweep.
const hidden = "hidden7Zx"

// A victim is a World in which an account has one of everything, and what a stranger must
// not learn of it.
type victim struct {
	*filled
	management string
	recorder   *recorder
	// secrets are texts that are in answers to the victim and in no request.
	secrets []string
	// inputs are those that were made, by the call.
	inputs map[inputKey]any
	// made and drawn count the calls of strangers that were sent, and those of drawn members
	// apart: many are refused for their form. unsent are those that the client did not send.
	made, drawn counted
	unsent      int
}

// counted are how many calls were asked, and on how many there was a decision.
type counted struct{ asked, decided int }

// newVictim makes a World whose victim is worldtest.Account, a member of the organization
// of management or the management account itself. Where it is open, the policies of its
// resources let everybody do everything.
func newVictim(t testing.TB, management string, open bool) *victim {
	t.Helper()
	v := &victim{filled: newFilledOf(t, management), management: management, inputs: map[inputKey]any{}}
	v.recorder = &recorder{door: v.Door()}
	v.fillByOperations(t)
	v.join(t)
	v.receive(t)
	if open {
		v.open(t)
	}
	return v
}

// writing are the first words of the operations that add to a World, in the order in which
// they are performed: all of one word of all services, then the next. They are performed
// twice, because some need what others make.
var writing = []string{"Create", "Upload", "Add", "Put", "Update", "Attach", "Enable", "Register", "Tag", "Set", "Subscribe", "Publish", "Send", "Start", "Generate"}

// storedValues are the values of members of what the victim stores.
var storedValues = map[string]any{
	"Body": hidden, "MessageBody": hidden, "PolicyDocument": storedPolicy("Allow", "*", "*"),
	"PutBucketPolicy.Policy":      sharedPolicy("s3:GetObject", "arn:aws:s3:::target/*"),
	"PutAccessPointPolicy.Policy": sharedPolicy("s3:GetObject", "arn:aws:s3:us-east-1:"+worldtest.Account+":accesspoint/target/object/*"),
	"PutResourcePolicy.Content":   sharedPolicy("organizations:ListAccounts", "*"),
	"CreatePolicy.PolicyName":     hidden, "CreateAccountAlias.AccountAlias": strings.ToLower(hidden), "iam.UserName": "target",
	"PutUserPolicy.PolicyName": "value", "PutGroupPolicy.PolicyName": "value", "PutRolePolicy.PolicyName": "value",
	"Payer":                "BucketOwner", // Requester would keep strangers out before they are judged
	"VirtualMFADeviceName": "target", "CreateSAMLProvider.Name": "target",
	"CreateLoginProfile.UserName": "target", "CreateLoginProfile.Password": hidden + "-1a", "Url": "https://target.example.com",
	"ServiceName": "codecommit.amazonaws.com", "ServerCertificateName": "value",
	"CreateDelegationRequest.OwnerAccountId": worldtest.Account,
	"SetQueueAttributes.Attributes":          map[string]string{"VisibilityTimeout": "43200"}, "TagQueue.Tags": map[string]string{hidden: hidden},
	"secretsmanager.Tags": []smtypes.Tag{{Key: aws.String(hidden), Value: aws.String(hidden)}}, "PutSecretValue.SecretString": hidden, "CreateSecret.Name": hidden,
	"AWSAccountId": []string{worldtest.Account}, "CreateTopic.Name": hidden, "Publish.Message": hidden, "CreateAlias.AliasName": "alias/" + hidden, "CreatePlatformApplication.Name": hidden,
	"kms.Policy": toRoot, "sns.Tags": []snstypes.Tag{{Key: aws.String(hidden), Value: aws.String(hidden)}}, "kms.Tags": []kmstypes.Tag{{TagKey: aws.String(hidden), TagValue: aws.String(hidden)}},
	"DataProtectionPolicy": `{"Name":"` + hidden + `"}`, "SetEndpointAttributes.Attributes": map[string]string{"CustomUserData": hidden},
	"CreateQueue.QueueName": hidden, "AddPermission.Actions": []string{"SendMessage"}, "AddPermission.AWSAccountIds": []string{worldtest.Account},
	"CreateBucket.Bucket": strings.ToLower(hidden), "CreateAccessPoint.Name": strings.ToLower(hidden), "s3.Id": "value",
}

func storedPolicy(effect, action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Sid":%q,"Effect":%q,"Action":%q,"Resource":%q}}`, hidden, effect, action, resource)
}

// sharedPolicy is a policy of a resource that allows something to a role of the victim.
func sharedPolicy(action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Sid":%q,"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:role/target"},"Action":%q,"Resource":%q}}`,
		hidden, worldtest.Account, action, resource)
}

// fillByOperations performs every operation that adds something, as the victim, with
// members that have the hidden text: so what new operations store is there by itself.
func (v *victim) fillByOperations(t testing.TB) {
	v.values["GetQueueUrl.QueueName"], v.values["GetLoginProfile.UserName"] = "target", "target"
	v.values["ServicePrincipal"] = "iam.amazonaws.com"
	f := filler{maps.Clone(v.values), hidden}
	maps.Copy(f.values, storedValues)
	certificate := selfSigned(t)
	f.values["CertificateBody"], f.values["PrivateKey"] = certificate[0], certificate[1]
	for range 2 {
		v.perform(t, f, writing, func(service string) string {
			if service == "organizations" {
				return v.management
			}
			return worldtest.Account
		})
	}
}

// selfSigned makes a certificate and its key.
func selfSigned(t testing.TB) (pems [2]string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(crand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	pems[0] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	pems[1] = string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}))
	return pems
}

// perform performs the operations of the words as the World's own hand in an account.
func (v *victim) perform(t testing.TB, f filler, words []string, account func(service string) string) {
	for _, word := range words {
		for _, service := range slices.Sorted(maps.Keys(clientsOf)) {
			for _, op := range v.Fake(service).Ops() {
				if service == "sts" || !strings.HasPrefix(op.Name, word) {
					continue
				}
				out, err := v.Do(t.Context(), v.Fixture(account(service), worldtest.Region), f.input(t, newOperation(t, service, op.Name)))
				if err == nil {
					v.harvest(service, f, reflect.ValueOf(out))
				}
			}
		}
	}
}

// given are the members of answers that name what an operation has made in later requests.
var given = map[string]bool{
	"SSHPublicKeyId": true, "ServiceSpecificCredentialId": true, "CertificateId": true, "JobId": true, "DelegationRequestId": true,
	"OpenIDConnectProviderArn": true, "SAMLProviderArn": true, "SerialNumber": true, "CreateAccountRequestId": true, "UploadId": true,
}

// harvest takes the names of what an operation has made out of its answer.
func (v *victim) harvest(service string, f filler, out reflect.Value) {
	walk(out, func(name string, s reflect.Value) {
		if !given[name] || s.String() == "" {
			return
		}
		v.values[service+"."+name], f.values[service+"."+name] = s.String(), s.String()
	})
}

// join makes the victim a member of the organization, and allows policies in it.
func (v *victim) join(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	client := organizations.NewFromConfig(worldtest.FixtureConfig(v.World.World, v.management, worldtest.Region))
	for _, kind := range []orgtypes.PolicyType{orgtypes.PolicyTypeServiceControlPolicy, orgtypes.PolicyTypeResourceControlPolicy} {
		root := v.values["RootId"].(string)
		_, _ = client.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: &root, PolicyType: kind})
	}
	if v.management != worldtest.Account {
		v.invite(t, worldtest.Account)
	}
}

// invite takes an account into the organization.
func (v *victim) invite(t testing.TB, account string) {
	t.Helper()
	management := organizations.NewFromConfig(worldtest.FixtureConfig(v.World.World, v.management, worldtest.Region))
	out, err := management.InviteAccountToOrganization(t.Context(), &organizations.InviteAccountToOrganizationInput{
		Target: &orgtypes.HandshakeParty{Id: &account, Type: orgtypes.HandshakePartyTypeAccount}})
	require.NoError(t, err)
	_, err = organizations.NewFromConfig(worldtest.FixtureConfig(v.World.World, account, worldtest.Region)).
		AcceptHandshake(t.Context(), &organizations.AcceptHandshakeInput{HandshakeId: out.Handshake.Id})
	require.NoError(t, err)
	v.values["HandshakeId"] = *out.Handshake.Id
}

// forbid attaches a policy that denies to an account of the organization.
func (v *victim) forbid(t testing.TB, account string, kind orgtypes.PolicyType, document string) {
	t.Helper()
	client := organizations.NewFromConfig(worldtest.FixtureConfig(v.World.World, v.management, worldtest.Region))
	policy, err := client.CreatePolicy(t.Context(), &organizations.CreatePolicyInput{
		Name: aws.String("deny-" + string(kind)), Description: aws.String(""), Type: kind, Content: &document})
	require.NoError(t, err)
	_, err = client.AttachPolicy(t.Context(), &organizations.AttachPolicyInput{PolicyId: policy.Policy.PolicySummary.Id, TargetId: &account})
	require.NoError(t, err)
}

// receive receives a message, so that there is a receipt handle that is good.
func (v *victim) receive(t testing.TB) {
	t.Helper()
	url := v.values["QueueUrl"].(string)
	client := sqs.NewFromConfig(worldtest.FixtureConfig(v.World.World, worldtest.Account, worldtest.Region))
	_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(hidden)})
	require.NoError(t, err)
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url})
	require.NoError(t, err)
	require.Len(t, out.Messages, 1)
	v.values["ReceiptHandle"] = *out.Messages[0].ReceiptHandle
	_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(hidden)})
	require.NoError(t, err)
}

// open lets everybody do everything with the victim's bucket, access point, queue, role, key
// and secret.
func (v *victim) open(t testing.TB) {
	t.Helper()
	for _, in := range []struct{ service, name, member, document string }{
		{"s3", "DeletePublicAccessBlock", "", ""},
		{"s3", "PutBucketPolicy", "Policy", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::target","arn:aws:s3:::target/*"]}}`},
		{"iam", "UpdateAssumeRolePolicy", "PolicyDocument", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`},
	} {
		o, f := newOperation(t, in.service, in.name), v.filler
		f.values = maps.Clone(v.values)
		f.values[in.name+"."+in.member] = in.document
		_, err := v.Do(t.Context(), v.Fixture(worldtest.Account, worldtest.Region), f.input(t, o))
		require.NoError(t, err, in.name)
	}
	for _, in := range []any{
		&kms.PutKeyPolicyInput{KeyId: aws.String(v.values["kms.KeyId"].(string)), Policy: aws.String(everybody)},
		&secretsmanager.PutResourcePolicyInput{SecretId: aws.String("target"), ResourcePolicy: aws.String(everybody)},
	} {
		_, err := v.Do(t.Context(), v.Fixture(worldtest.Account, worldtest.Region), in)
		require.NoError(t, err)
	}
	client := sqs.NewFromConfig(worldtest.FixtureConfig(v.World.World, worldtest.Account, worldtest.Region))
	url := v.values["QueueUrl"].(string)
	_, err := client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{
		"Policy": `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}}`}})
	require.NoError(t, err)
}

// everybody is a resource policy that lets everybody do everything.
const everybody = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`

// admin makes a user who may do everything in an account, limited by what limit does.
func (v *victim) admin(t testing.TB, account, name string, limit func(*iam.Client)) aws.Config {
	t.Helper()
	client := iam.NewFromConfig(worldtest.FixtureConfig(v.World.World, account, worldtest.Region))
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	_, err = client.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("admin"), PolicyDocument: aws.String(worldtest.AllowAll)})
	require.NoError(t, err)
	if limit != nil {
		limit(client)
	}
	key, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	require.NoError(t, err)
	return v.recorded(v.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))
}

// recorded makes the config's answers be kept.
func (v *victim) recorded(c aws.Config) aws.Config {
	c.HTTPClient = v.recorder
	return c
}

// A recorder keeps the last answer, headers and body.
type recorder struct {
	door   aws.HTTPClient
	answer bytes.Buffer
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	r.answer.Reset()
	resp, err := r.door.Do(request)
	if err != nil {
		return resp, err
	}
	defer resp.Body.Close()
	_ = resp.Header.Write(&r.answer)
	n := r.answer.Len()
	if _, err := r.answer.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(slices.Clone(r.answer.Bytes()[n:])))
	return resp, nil
}

// reading are the first words of the operations that change nothing.
func reading(name string) bool {
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "Head")
}

// read performs every operation that changes nothing as the World's own hand in an account,
// and hands out the answers.
func (v *victim) read(t testing.TB, account string, answer func(o operation, out any, err error)) {
	t.Helper()
	actor := v.Fixture(account, worldtest.Region)
	for _, service := range slices.Sorted(maps.Keys(clientsOf)) {
		for _, op := range v.Fake(service).Ops() {
			// What STS gives out is new each time, and it keeps nothing that could be read.
			// So are a password and a key to import with.
			if service == "sts" || !reading(op.Name) || op.Name == "GetRandomPassword" || op.Name == "GetParametersForImport" {
				continue
			}
			o := newOperation(t, service, op.Name)
			out, err := v.Do(t.Context(), actor, v.inputOf(t, sweepCall{o, -1, 0}))
			answer(o, out, err)
		}
	}
}

// snapshot is the state of the victim, and of the management account of its organization,
// as far as any operation shows it, and the messages of its queues.
func (v *victim) snapshot(t testing.TB) []string {
	t.Helper()
	var lines []string
	for _, account := range slices.Compact([]string{worldtest.Account, v.management}) {
		v.read(t, account, func(o operation, out any, err error) {
			text := fmt.Sprint(err)
			if err == nil {
				text = textOfAnswer(t, out)
			}
			lines = append(lines, account+" "+o.service+" "+o.name+": "+text)
		})
	}
	for _, topic := range []string{"target", hidden} {
		messages, err := json.Marshal(fakesns.Published(v.World.World, fakeaws.ARN("sns", worldtest.Region, worldtest.Account, topic)))
		require.NoError(t, err)
		lines = append(lines, "messages of topic "+topic+": "+string(messages))
	}
	direct, err := json.Marshal(fakesns.PublishedDirectly(v.World.World, worldtest.Account, worldtest.Region))
	require.NoError(t, err)
	lines = append(lines, "messages to phones and endpoints: "+string(direct))
	for _, queue := range []string{"target", "source", hidden} {
		messages, err := fakesqs.Of(v.World.World).Messages(worldtest.Account, worldtest.Region, queue)
		text, failed := json.Marshal(messages)
		require.NoError(t, failed)
		lines = append(lines, fmt.Sprintf("messages of %s: %s %v", queue, text, err))
	}
	return lines
}

// textOfAnswer is an answer as text, with its body.
func textOfAnswer(t testing.TB, out any) string {
	t.Helper()
	v := reflect.ValueOf(out).Elem()
	text := ""
	for i := range v.NumField() {
		if body := v.Field(i); body.Type() == reflect.TypeFor[io.ReadCloser]() && !body.IsNil() {
			all, err := io.ReadAll(body.Interface().(io.Reader))
			require.NoError(t, err)
			require.NoError(t, body.Interface().(io.Closer).Close())
			text = string(all)
			body.SetZero()
		}
	}
	if metadata := v.FieldByName("ResultMetadata"); metadata.IsValid() {
		metadata.SetZero()
	}
	doc, err := json.Marshal(out)
	require.NoError(t, err)
	return string(doc) + text
}

// findSecrets returns the texts in answers to the victim that are in no request, and in no
// answer of a World in which an account has nothing but what AWS gives to all.
func (v *victim) findSecrets(t testing.TB) []string {
	t.Helper()
	empty := &victim{filled: &filled{World: worldtest.New(t, worldtest.InProcess, all.Every()...), filler: v.filler}, inputs: v.inputs}
	for _, service := range []string{v.values["AWSServiceName"].(string), "access-analyzer.amazonaws.com"} {
		_, err := iam.NewFromConfig(worldtest.FixtureConfig(empty.World.World, worldtest.Other, worldtest.Region)).
			CreateServiceLinkedRole(t.Context(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String(service)})
		require.NoError(t, err)
	}
	_, err := kms.NewFromConfig(worldtest.FixtureConfig(empty.World.World, worldtest.Other, worldtest.Region)).
		DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/aws/secretsmanager")})
	require.NoError(t, err)
	_, err = apigateway.NewFromConfig(worldtest.FixtureConfig(empty.World.World, worldtest.Other, worldtest.Region)).
		CreateVpcLink(t.Context(), &apigateway.CreateVpcLinkInput{Name: aws.String("value"), TargetArns: []string{apiFunction}})
	require.NoError(t, err) // that it is ready, all links say with one text
	// What CloudFormation says of every stack.
	_, err = cloudformation.NewFromConfig(worldtest.FixtureConfig(empty.World.World, worldtest.Other, worldtest.Region)).
		CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("value"), TemplateBody: aws.String(handleTemplate)})
	require.NoError(t, err)
	found, known, sent := map[string]bool{hidden: true}, map[string]bool{}, ""
	empty.read(t, worldtest.Other, func(_ operation, out any, err error) {
		if err != nil {
			sent += err.Error() + "\n"
			return
		}
		walk(reflect.ValueOf(out), func(_ string, s reflect.Value) { known[s.String()] = true })
	})
	for _, account := range []string{worldtest.Account, v.management} {
		v.read(t, account, func(_ operation, out any, err error) {
			if err == nil {
				walk(reflect.ValueOf(out), func(_ string, s reflect.Value) { found[s.String()] = true })
			}
		})
	}
	for _, name := range v.names() { // what drawn calls send
		sent += name + "\n"
	}
	for _, value := range v.values {
		sent += fmt.Sprintf("%v\n", value)
	}
	sent += strconv.FormatInt(v.Clock().Now().UnixMilli(), 10) // the time, which stands still, is no secret
	maps.DeleteFunc(found, func(s string, _ bool) bool {
		document, err := url.QueryUnescape(s) // as IAM answers policies
		return len(s) < minSecret || known[s] || strings.Contains(sent, s) || err == nil && strings.Contains(sent, document)
	})
	require.Contains(t, found, hidden)
	return slices.Sorted(maps.Keys(found))
}

// minSecret is how long a text must be to be told from any other.
const minSecret = 8

// walk visits the texts of an answer, with the name of the member that each is in.
func walk(v reflect.Value, visit func(name string, s reflect.Value)) { walkMember("", v, visit) }

func walkMember(name string, v reflect.Value, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkMember(name, v.Elem(), visit)
		}
	case reflect.String:
		if _, enum := v.Type().MethodByName("Values"); !enum {
			visit(name, v)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "ResultMetadata" {
				walkMember(field.Name, v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkMember(name, v.Index(i), visit)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			if name != "Attributes" { // whose names are AWS's
				walkMember(name, iter.Key(), visit)
			}
			walkMember(name, iter.Value(), visit)
		}
	}
}
