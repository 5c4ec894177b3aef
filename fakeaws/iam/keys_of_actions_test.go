package iam_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// fill gives every member of an input a value: those that the test knows by name,
// of enumerations the first, of others a text or number.
func fill(v reflect.Value, known map[string]any) {
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		if !v.Type().Field(i).IsExported() || name == "Marker" {
			continue
		}
		if value, ok := known[name]; ok && reflect.TypeOf(value) == field.Type() {
			field.Set(reflect.ValueOf(value))
			continue
		}
		switch field.Kind() {
		case reflect.String:
			if values := field.MethodByName("Values"); values.IsValid() {
				field.Set(values.Call(nil)[0].Index(0))
			}
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Pointer:
			switch field.Type().Elem().Kind() {
			case reflect.String:
				field.Set(reflect.ValueOf(aws.String("0123456789abcdef")))
			case reflect.Int32:
				field.Set(reflect.ValueOf(aws.Int32(3600)))
			case reflect.Struct:
				field.Set(reflect.New(field.Type().Elem()))
				fill(field.Elem(), known)
			}
		case reflect.Slice:
			if one := reflect.New(field.Type().Elem()).Elem(); one.Kind() == reflect.String {
				one.SetString("0123456789")
				if values := one.MethodByName("Values"); values.IsValid() {
					one = values.Call(nil)[0].Index(0)
				}
				field.Set(reflect.Append(field, one))
			}
		}
	}
}

// notBrought are keys that the reference has but no call brings.
var notBrought = map[string][]string{
	// Only a FIDO security key, which is registered in the console, has them.
	"EnableMFADevice": {"iam:FIDO-certification", "iam:FIDO-FIPS-140-2-certification", "iam:FIDO-FIPS-140-3-certification", "iam:RegisterSecurityKey"},
	// A role that CreateRole makes is of no template.
	"CreateRole": {"iam:RoleTemplateARN"},
}

// creates reports whether an action makes a resource, which has no tags before.
func creates(action string) bool {
	return strings.HasPrefix(action, "Create") || action == "UploadServerCertificate" || action == "AcquireRole"
}

// Every action brings the condition keys that the Service Authorization Reference
// says it has, those of its resources included, when the call and the resource have
// values for them.
func TestActionsBringTheirKeys(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		known := w.createResources(t)
		boundary, x := w.policy(t, "limit", allowAll), aws.String("x")
		require.NoError(t, w.service.AddRoleTemplate(template(0)))
		acquired, err := w.iam.AcquireRole(w.root, &sdk.AcquireRoleInput{TemplateArn: aws.String(templateARN), ReplacementValues: map[string]types.ReplacementValueEntry{"env": {Values: []string{"x"}}}})
		require.NoError(t, err)
		linked, err := w.iam.CreateServiceLinkedRole(w.root, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("es.amazonaws.com")})
		require.NoError(t, err)
		_, err = w.iam.TagRole(w.root, &sdk.TagRoleInput{RoleName: linked.Role.RoleName, Tags: []types.Tag{{Key: x, Value: x}}})
		require.NoError(t, err)
		deletion := "task/aws-service-role/es.amazonaws.com/" + *linked.Role.RoleName + "/01234567-0123-0123-0123-0123456789ab"
		credentials, err := w.iam.ListServiceSpecificCredentials(w.root, &sdk.ListServiceSpecificCredentialsInput{UserName: x})
		require.NoError(t, err)
		for _, limit := range []func() error{
			func() error {
				return second(w.iam.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: x, PermissionsBoundary: &boundary}))
			},
			func() error {
				return second(w.iam.PutRolePermissionsBoundary(w.root, &sdk.PutRolePermissionsBoundaryInput{RoleName: acquired.Role.RoleName, PermissionsBoundary: &boundary}))
			},
		} {
			require.NoError(t, limit())
		}
		for name, value := range map[string]any{
			"Tags": []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}, "TagKeys": []string{"k"},
			"PermissionsBoundary": &boundary, "PolicyDocument": aws.String(allowAll), "AssumeRolePolicyDocument": aws.String(trustEC2),
			"Path": aws.String("/"), "NewPath": aws.String("/"), "PathPrefix": aws.String("/"), "Password": aws.String("Correct-Horse-7"),
			"AuthenticationCode1": aws.String("123456"), "AuthenticationCode2": aws.String("123457"), "OldPassword": aws.String("a"), "NewPassword": aws.String("b"),
			"Url": aws.String("https://example.org"), "ThumbprintList": []string{strings.Repeat("a", 40)}, "SAMLMetadataDocument": metadata(`entityID="https://idp.example.com"`, sso),
			"AWSServiceName": aws.String("autoscaling.amazonaws.com"), "CustomSuffix": aws.String("a"), "ServiceName": aws.String("bedrock.amazonaws.com"), "CredentialAgeDays": aws.Int32(30),
			"DeletionTaskId": &deletion, "RoleName": acquired.Role.RoleName, "Locale": aws.String("en"), "AddPrivateKey": privateKey(t), "RemovePrivateKey": aws.String(strings.Repeat("A", 24)), "JobId": aws.String("01234567-0123-0123-0123-0123456789ab"),
			"EntityPath": aws.String("o-a1b2c3d4e5/r-ab12"), "OrganizationsPolicyId": aws.String("p-abcd1234"), "ResourceOwner": aws.String("arn:aws:iam::111122223333:root"),
			"Arn": aws.String("arn:aws:iam::111122223333:user/x"), "EntityArn": aws.String("arn:aws:iam::111122223333:delegation-request/" + *known["DelegationRequestId"].(*string)),
			"TemplateArn": aws.String(templateARN), "VersionId": aws.String("v1"), "NotificationChannel": aws.String("arn:aws:sns:us-east-1:111122223333:t"),
			"OwnerAccountId": aws.String(accountID), "OwnerId": aws.String("arn:aws:iam::111122223333:user/x"), "PolicyTemplateArn": aws.String(delegationTemplate),
			"RedirectUrl": aws.String("https://example.com"), "SSHPublicKeyId": aws.String(strings.Repeat("A", 24)), "CertificateId": aws.String(strings.Repeat("A", 24)),
			"ServiceSpecificCredentialId": credentials.ServiceSpecificCredentials[0].ServiceSpecificCredentialId, "PrivateKeyId": aws.String(strings.Repeat("A", 24)), "AccessKeyId": aws.String(strings.Repeat("A", 20)),
			"AccountAlias": aws.String("alias"), "MaxItems": aws.Int32(10), "ResourceHandlingOption": (*string)(nil), "ContextEntries": []types.ContextEntry(nil),
			"CallerArn": aws.String("arn:aws:iam::111122223333:user/x"), "ResourceArns": []string{"*"}, "ServiceNamespaces": []string{"s3"},
			"Properties": map[string]string{"AWS/Name": "v"}, "PropertyKeys": []string{"AWS/Name"}, "MinimumPasswordLength": aws.Int32(8), "MaxPasswordAge": aws.Int32(90),
			"PasswordReusePrevention": aws.Int32(3), "MinorVersion": aws.Int32(0), "TemplateMinorVersion": aws.Int32(0), "VirtualMFADeviceName": aws.String("new"),
		} {
			known[name] = value
		}
		// Nothing is allowed, so that no call changes what the next one finds.
		client := w.user(t, "nobody")
		_, err = w.iam.TagUser(w.root, &sdk.TagUserInput{UserName: aws.String("nobody"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
		require.NoError(t, err)
		service, _ := catalog.Lookup("iam")
		v := reflect.ValueOf(client)
		checked := 0
		for i := range v.NumMethod() {
			m := v.Type().Method(i)
			if m.Type.NumIn() != 4 || !strings.HasSuffix(m.Type.In(2).String(), "."+m.Name+"Input") {
				continue
			}
			action, ok := service.Action(m.Name)
			if !ok || action.Name != m.Name {
				continue
			}
			in := reflect.New(m.Type.In(2).Elem())
			fill(in.Elem(), known)
			out := v.Method(i).Call([]reflect.Value{reflect.ValueOf(w.root), in})
			events := w.Log().Events()
			decisions := events[len(events)-1].Decisions
			if !assert.NotEmpty(t, decisions, "%s is refused before it is authorized: %v", m.Name, out[1].Interface()) {
				continue
			}
			var have []string
			for key := range decisions[0].Request.Context.All() {
				have = append(have, strings.ToLower(key))
			}
			want := slices.Clone(action.Keys)
			for _, r := range action.Resources {
				if r.Match(decisions[0].Request.Resource) && !creates(m.Name) {
					want = append(want, r.Keys...)
				}
			}
			for _, key := range want {
				name, _, _ := strings.Cut(strings.ToLower(key.Name), "${")
				found := slices.ContainsFunc(have, func(k string) bool { return strings.HasPrefix(k, name) })
				assert.True(t, found || slices.Contains(notBrought[m.Name], key.Name), "%s does not bring %s", m.Name, key.Name)
			}
			checked++
		}
		assert.Greater(t, checked, 170)
	})
}
