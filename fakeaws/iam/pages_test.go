package iam_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pager is an operation whose input has Marker and MaxItems, with the input
// that the test found for it.
type pager struct {
	name   string
	method reflect.Value
	input  reflect.Value // the struct
}

// pagers finds every operation of a client with pages.
func pagers(client reflect.Value, members map[string]any) (all []pager) {
	for i := range client.NumMethod() {
		m, f := client.Type().Method(i), client.Method(i)
		if !f.Type().IsVariadic() || f.Type().NumIn() != 3 || f.Type().In(0) != reflect.TypeFor[context.Context]() {
			continue
		}
		in := reflect.New(f.Type().In(1).Elem()).Elem()
		if !in.FieldByName("Marker").IsValid() || !in.FieldByName("MaxItems").IsValid() {
			continue
		}
		for name, value := range members {
			if field := in.FieldByName(name); field.IsValid() && field.Type() == reflect.TypeOf(value) {
				field.Set(reflect.ValueOf(value))
			}
		}
		all = append(all, pager{m.Name, f, in})
	}
	return all
}

// page asks for one page: its items as text, and the marker of the next.
func (p *pager) page(ctx context.Context, marker *string, size *int32) (items []string, next *string, err error) {
	in := reflect.New(p.input.Type())
	in.Elem().Set(p.input)
	in.Elem().FieldByName("Marker").Set(reflect.ValueOf(marker))
	in.Elem().FieldByName("MaxItems").Set(reflect.ValueOf(size))
	out := p.method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, ok := out[1].Interface().(error); ok {
		return nil, nil, err
	}
	answer := out[0].Elem()
	for i := range answer.NumField() {
		if f := answer.Field(i); f.Kind() == reflect.Slice && answer.Type().Field(i).IsExported() {
			for j := range f.Len() {
				text, _ := json.Marshal(f.Index(j).Interface())
				items = append(items, answer.Type().Field(i).Name+string(text))
			}
		}
	}
	next, _ = answer.FieldByName("Marker").Interface().(*string)
	if answer.FieldByName("IsTruncated").Bool() != (next != nil) {
		return nil, nil, fmt.Errorf("%s: IsTruncated and Marker do not agree", p.name)
	}
	return items, next, nil
}

// createResources makes an account with some of everything that is listed, and returns
// the members of inputs that name it.
func (w *world) createResources(t *testing.T) map[string]any {
	t.Helper()
	ctx, name := w.root, aws.String("x")
	var tags []types.Tag
	var steps []func(string) error
	add := func(f func(name string) error) { steps = append(steps, f) }
	for _, k := range []string{"a", "b", "c"} {
		tags = append(tags, types.Tag{Key: aws.String(k), Value: aws.String("v")})
	}
	_, err := w.fixture.CreateUser(ctx, &sdk.CreateUserInput{UserName: name, Tags: tags})
	require.NoError(t, err)
	_, err = w.fixture.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trustEC2), Tags: tags})
	require.NoError(t, err)
	w.group(t, "x")
	c := newCertificate(t, "www", nil)
	policy, err := w.fixture.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: name, PolicyDocument: aws.String(allowAll), Tags: tags})
	require.NoError(t, err)
	_, err = w.fixture.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: name, Tags: tags})
	require.NoError(t, err)
	device, err := w.fixture.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: name, Tags: tags})
	require.NoError(t, err)
	oidc, err := w.fixture.CreateOpenIDConnectProvider(ctx, &sdk.CreateOpenIDConnectProviderInput{Url: aws.String("https://example.com"), Tags: tags})
	require.NoError(t, err)
	saml, err := w.fixture.CreateSAMLProvider(ctx, &sdk.CreateSAMLProviderInput{Name: name, SAMLMetadataDocument: metadata(`entityID="https://idp.example.com"`, sso), Tags: tags})
	require.NoError(t, err)
	_, err = w.fixture.UploadServerCertificate(ctx, &sdk.UploadServerCertificateInput{ServerCertificateName: name, CertificateBody: &c.body, PrivateKey: &c.secret, Tags: tags})
	require.NoError(t, err)
	_, err = w.fixture.CreateAccountAlias(ctx, &sdk.CreateAccountAliasInput{AccountAlias: aws.String("xyz")})
	require.NoError(t, err)

	add(func(n string) error { return second(w.fixture.CreateUser(ctx, &sdk.CreateUserInput{UserName: &n})) })
	add(func(n string) error {
		return second(w.fixture.AddUserToGroup(ctx, &sdk.AddUserToGroupInput{UserName: &n, GroupName: name}))
	})
	add(func(n string) error {
		return second(w.fixture.CreateGroup(ctx, &sdk.CreateGroupInput{GroupName: &n}))
	})
	add(func(n string) error {
		return second(w.fixture.AddUserToGroup(ctx, &sdk.AddUserToGroupInput{UserName: name, GroupName: &n}))
	})
	add(func(n string) error {
		return second(w.fixture.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: &n, AssumeRolePolicyDocument: aws.String(trustEC2)}))
	})
	add(func(n string) error {
		return second(w.fixture.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: &n}))
	})
	add(func(n string) error {
		return second(w.fixture.AddRoleToInstanceProfile(ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: &n, RoleName: name}))
	})
	add(func(n string) error {
		made, err := w.fixture.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: &n, PolicyDocument: aws.String(allowAll)})
		if err != nil {
			return err
		}
		_, _ = w.fixture.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: name, PolicyArn: made.Policy.Arn})
		_, _ = w.fixture.AttachGroupPolicy(ctx, &sdk.AttachGroupPolicyInput{GroupName: name, PolicyArn: made.Policy.Arn})
		return second(w.fixture.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: name, PolicyArn: made.Policy.Arn}))
	})
	add(func(n string) error {
		return second(w.fixture.PutUserPolicy(ctx, &sdk.PutUserPolicyInput{UserName: name, PolicyName: &n, PolicyDocument: aws.String(allowAll)}))
	})
	add(func(n string) error {
		return second(w.fixture.PutGroupPolicy(ctx, &sdk.PutGroupPolicyInput{GroupName: name, PolicyName: &n, PolicyDocument: aws.String(allowAll)}))
	})
	add(func(n string) error {
		return second(w.fixture.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: name, PolicyName: &n, PolicyDocument: aws.String(allowAll)}))
	})
	add(func(n string) error {
		return second(w.fixture.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: &n, PolicyArn: policy.Policy.Arn}))
	})
	add(func(string) error {
		return second(w.fixture.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: policy.Policy.Arn, PolicyDocument: aws.String(allowAll)}))
	})
	add(func(n string) error {
		return second(w.fixture.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &n}))
	})
	add(func(n string) error {
		d := newCertificate(t, n, nil)
		return second(w.fixture.UploadServerCertificate(ctx, &sdk.UploadServerCertificateInput{ServerCertificateName: &n, CertificateBody: &d.body, PrivateKey: &d.secret}))
	})
	for _, step := range steps {
		for _, n := range []string{"y1", "y2", "y3"} {
			require.NoError(t, step(n))
		}
	}
	var delegation *string
	for i, n := range []string{"y1", "y2"} { // what a user may have two of
		_, err = w.fixture.CreateAccessKey(ctx, &sdk.CreateAccessKeyInput{UserName: name})
		require.NoError(t, err)
		d := newCertificate(t, n, nil)
		_, err = w.fixture.UploadSigningCertificate(ctx, &sdk.UploadSigningCertificateInput{UserName: name, CertificateBody: &d.body})
		require.NoError(t, err)
		_, err = w.fixture.CreateServiceSpecificCredential(ctx, &sdk.CreateServiceSpecificCredentialInput{UserName: name, ServiceName: aws.String("codecommit.amazonaws.com")})
		require.NoError(t, err)
		_, err = w.fixture.UploadSSHPublicKey(ctx, &sdk.UploadSSHPublicKeyInput{UserName: name, SSHPublicKeyBody: aws.String(sshLine(int64(i), 2048))})
		require.NoError(t, err)
		virtual, err := w.fixture.CreateVirtualMFADevice(ctx, &sdk.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("of-x-" + n)})
		require.NoError(t, err)
		w.enable(t, "x", virtual.VirtualMFADevice)
		delegation = w.request(t, "workflow-"+n, false)
		_, err = w.fixture.AssociateDelegationRequest(ctx, &sdk.AssociateDelegationRequestInput{DelegationRequestId: delegation})
		require.NoError(t, err)
	}
	job, err := w.fixture.GenerateServiceLastAccessedDetails(ctx, &sdk.GenerateServiceLastAccessedDetailsInput{Arn: policy.Policy.Arn})
	require.NoError(t, err)
	return map[string]any{
		"UserName": name, "GroupName": name, "RoleName": name, "InstanceProfileName": name, "ServerCertificateName": name,
		"PolicyArn": policy.Policy.Arn, "SerialNumber": device.VirtualMFADevice.SerialNumber,
		"OpenIDConnectProviderArn": oidc.OpenIDConnectProviderArn, "SAMLProviderArn": saml.SAMLProviderArn,
		"PolicySourceArn": aws.String("arn:aws:iam::111122223333:user/x"), "ActionNames": []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
		"PolicyInputList": []string{allowAll}, "JobId": job.JobId, "ServiceNamespace": aws.String("s3"), "DelegationRequestId": delegation, "Scope": types.PolicyScopeTypeLocal,
	}
}

// Every operation with pages: its pages of any size are the whole list, and what
// is wrong with Marker and MaxItems is said in the same words.
func TestEveryListHasPages(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		all := pagers(reflect.ValueOf(w.iam), w.createResources(t))
		assert.Len(t, all, 39)
		single := []string{"ListAccountAliases", "GetOrganizationsAccessReport"}
		for _, p := range all {
			for size, want := range map[int32]string{
				0:    "Value at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
				1001: "Value at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000",
			} {
				_, _, err := p.page(w.root, nil, &size)
				require.ErrorContains(t, err, want, p.name)
			}
			if slices.Contains(single, p.name) {
				continue
			}
			_, _, err := p.page(w.root, aws.String("!"), nil)
			require.ErrorContains(t, err, "Invalid Marker.", p.name)
			whole, next, err := p.page(w.root, nil, nil)
			require.NoError(t, err, p.name)
			require.GreaterOrEqual(t, len(whole), 2, p.name)
			limit := aws.Int32(1)
			if next != nil {
				limit = aws.Int32(60) // a long list
			}
			var pieces []string
			var marker *string
			for done := false; !done; done = marker == nil {
				items, more, err := p.page(w.root, marker, limit)
				require.NoError(t, err, p.name)
				require.LessOrEqual(t, len(items), int(*limit), p.name)
				pieces, marker = append(pieces, items...), more
			}
			seen := map[string]bool{}
			for _, item := range pieces {
				assert.False(t, seen[item], "%s: %s twice", p.name, item)
				seen[item] = true
			}
			for _, item := range whole {
				assert.True(t, seen[item], "%s: %s is on no page", p.name, item)
			}
		}
	})
}
