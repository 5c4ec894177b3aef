package constraint_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

var (
	iamModel = constraint.NewModel("iam", constraint.Wording{})
	stsModel = constraint.NewModel("sts", constraint.Wording{})
)

func message(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "ValidationError", api.ErrorCode())
	return api.ErrorMessage()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	str := aws.String
	tests := map[string]struct {
		in   any
		want string // empty: valid
	}{
		"valid":  {in: &iam.CreateUserInput{UserName: str("alice"), Path: str("/"), Tags: []types.Tag{{Key: str("k"), Value: str("")}}}},
		"absent": {in: &iam.CreateUserInput{}, want: one + "Value null at 'userName' failed to satisfy constraint: Member must not be null"},
		"long": {
			in:   &iam.CreateRoleInput{RoleName: str(strings.Repeat("r", 65)), AssumeRolePolicyDocument: str("{}")},
			want: one + "Value '" + strings.Repeat("r", 65) + "' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64",
		},
		"rule 81: characters": {
			in:   &sts.AssumeRoleInput{RoleArn: str("arn:aws:iam::111122223333:role/r"), RoleSessionName: str("Session1:2")},
			want: one + `Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
		},
		"characters and ranges by number": {
			in:   &iam.CreatePolicyInput{PolicyName: str("p"), PolicyDocument: str("{\u2026}")},
			want: one + "Value '{\u2026}' at 'policyDocument' failed to satisfy constraint: Member must satisfy regular expression pattern: " + `[\u0009\u000A\u000D\u0020-\u00FF]+`,
		},
		"enum": {
			in:   &iam.ListPoliciesInput{Scope: "Mine"},
			want: one + "Value 'Mine' at 'scope' failed to satisfy constraint: Member must satisfy enum value set: [All, AWS, Local]",
		},
		"enum, absent": {
			in:   &iam.UpdateAccessKeyInput{AccessKeyId: str("AKIAIOSFODNN7EXAMPLE")},
			want: one + "Value null at 'status' failed to satisfy constraint: Member must not be null",
		},
		"number": {
			in:   &iam.ListUsersInput{MaxItems: aws.Int32(0)},
			want: one + "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
		},
		"list": {
			in:   &iam.GetServiceLastAccessedDetailsWithEntitiesInput{JobId: str(strings.Repeat("1", 36)), ServiceNamespace: str("s 3")},
			want: one + `Value 's 3' at 'serviceNamespace' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]*`,
		},
		"items of a list": {
			in: &iam.UpdateOpenIDConnectProviderThumbprintInput{
				OpenIDConnectProviderArn: str("arn:aws:iam::111122223333:oidc-provider/x"), ThumbprintList: []string{"abc"},
			},
			want: one + "Value '[abc]' at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 40, Member must have length greater than or equal to 40]",
		},
		"items with a pattern": {
			in: &iam.UntagUserInput{UserName: str("u"), TagKeys: []string{"ok", "a*b"}},
			want: one + "Value '[ok, a*b]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, " +
				`Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+]`,
		},
		"items that are enums": {
			in: &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"User", "Bot"}},
			want: one + "Value '[User, Bot]' at 'filter' failed to satisfy constraint: Member must satisfy constraint: " +
				"[Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]]",
		},
		"structures of a list": {
			in:   &iam.TagUserInput{UserName: str("u"), Tags: []types.Tag{{Key: str("a"), Value: str("b")}, {Key: str("k")}}},
			want: one + "Value null at 'tags.2.member.value' failed to satisfy constraint: Member must not be null",
		},
		"structures of a list, in STS": {
			in: &sts.AssumeRoleInput{
				RoleArn: str("arn:aws:iam::111122223333:role/r"), RoleSessionName: str("session"),
				PolicyArns: []ststypes.PolicyDescriptorType{{Arn: str("short")}},
			},
			want: one + "Value 'short' at 'policyArns.1.member.arn' failed to satisfy constraint: Member must have length greater than or equal to 20",
		},
		"a structure": {
			in: &iam.CreateDelegationRequestInput{
				Description: str("d"), RequestorWorkflowId: str("workflow"), NotificationChannel: str("channel"), SessionDuration: aws.Int32(300),
				Permissions: &types.DelegationPermission{PolicyTemplateArn: str("short")},
			},
			want: one + "Value 'short' at 'permissions.policyTemplateArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
		},
		"a secret is not printed": {
			in:   &iam.CreateLoginProfileInput{UserName: str("u"), Password: str(strings.Repeat("p", 129))},
			want: one + "Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 128",
		},
		"two at once, in the model's order": {
			in: &iam.ListUsersInput{PathPrefix: str("x"), Marker: str("m"), MaxItems: aws.Int32(1001)},
			want: "2 validation errors detected: Value 'x' at 'pathPrefix' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
				`\u002F[\u0021-\u007F]*; Value '1001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000`,
		},
		"an operation newer than the model": {
			in:   &iam.AcquireRoleInput{},
			want: one + "Value null at 'templateArn' failed to satisfy constraint: Member must not be null",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := iamModel
			if strings.Contains(reflect.TypeOf(tc.in).String(), "sts.") {
				model = stsModel
			}
			err := model.Check(tc.in)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, tc.want, message(t, err))
		})
	}
}

// A service that hides values repeats none, also those that an enum has.
func TestHiddenValues(t *testing.T) {
	t.Parallel()
	m := constraint.NewModel("iam", constraint.Wording{Hidden: true})
	const one, at = "1 validation error detected: ", " failed to satisfy constraint: Member must "
	for want, in := range map[string]any{
		one + "Value at 'userName'" + at + "not be null":                                                                     &iam.CreateUserInput{},
		one + "Value at 'scope'" + at + "satisfy enum value set":                                                             &iam.ListPoliciesInput{Scope: "Mine"},
		one + "Value at 'maxItems'" + at + "have value less than or equal to 1000":                                           &iam.ListUsersInput{MaxItems: aws.Int32(1001)},
		one + "Value at 'filter'" + at + "satisfy constraint: [Member must satisfy enum value set]":                          &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"Bot"}},
		one + "Value at 'serviceSpecificCredentialId'" + at + `satisfy regular expression pattern: [\w]+`:                    &iam.DeleteServiceSpecificCredentialInput{ServiceSpecificCredentialId: aws.String("a-credential-of-nobody")},
		one + "Value at 'tags.1.member.value'" + at + "satisfy regular expression pattern: " + `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`: &iam.TagUserInput{UserName: aws.String("u"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("(v)")}}},
	} {
		assert.Equal(t, want, message(t, m.Check(in)))
	}
}

// A wrong pattern is named before a wrong length.
func TestPatternBeforeLength(t *testing.T) {
	t.Parallel()
	err := stsModel.Check(&sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), RoleSessionName: aws.String("!")})
	assert.Equal(t, "2 validation errors detected: Value '!' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: "+
		`[\w+=,.@-]*; Value '!' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2`, message(t, err))
}

// A service's own sentence gives way to the front end's errors, which come first.
func TestWording(t *testing.T) {
	t.Parallel()
	m := constraint.NewModel("iam", constraint.Wording{
		Patterns: map[string]string{`[\w+=,.@-]+`: "The %s is wrong."},
		Forms:    map[string]constraint.Form{"arnType": {Valid: func(s string) bool { return s[:3] == "arn" }, Message: "Not an ARN."}},
	})
	name := aws.String("a b")
	assert.Equal(t, "The userName is wrong.", message(t, m.Check(&iam.CreateUserInput{UserName: name})))
	assert.Equal(t, "The newUserName is wrong.", message(t, m.Check(&iam.UpdateUserInput{UserName: aws.String("u"), NewUserName: name})))
	assert.Equal(t, "Not an ARN.", message(t, m.Check(&iam.GetPolicyInput{PolicyArn: aws.String(strings.Repeat("x", 20))})))
	err := m.Check(&iam.CreateUserInput{UserName: name, Path: aws.String("")})
	assert.Contains(t, message(t, err), "2 validation errors detected: Value '' at 'path'")
	m = constraint.NewModel("iam", constraint.Wording{Error: func(message string) error { return errors.New("wrong: " + message) }})
	assert.EqualError(t, m.Check(&iam.CreateUserInput{}), "wrong: 1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null")
	assert.NoError(t, m.Check(&iam.CreateUserInput{UserName: aws.String("u")}))
	assert.Panics(t, func() { constraint.NewModel("teleport", constraint.Wording{}) })
}

// Every operation of the clients has a plan, and each of the model's patterns a
// matcher.
func TestModelsFitTheClients(t *testing.T) {
	t.Parallel()
	for model, client := range map[*constraint.Model]reflect.Type{
		iamModel: reflect.TypeFor[*iam.Client](), stsModel: reflect.TypeFor[*sts.Client](),
	} {
		for i := range client.NumMethod() {
			method := client.Method(i)
			if method.Type.NumIn() < 3 || !strings.HasSuffix(method.Type.In(2).String(), "Input") {
				continue
			}
			in := reflect.New(method.Type.In(2).Elem())
			fill(in.Elem())
			assert.NotPanics(t, func() { _ = model.Check(in.Interface()) }, method.Name)
		}
	}
}

// fill sets every member, so that every rule is looked at.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		v.SetString("!")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("abc", "On", int32(3), "k", "v")
	f.Add("", "", int32(-1), "", strings.Repeat("x", 300))
	f.Add("\xff\x00", "off", int32(1<<30), "aws:x", "\u0000")
	f.Fuzz(func(t *testing.T, name, filter string, limit int32, key, value string) {
		for _, in := range []any{
			&iam.CreateUserInput{UserName: &name, Path: &filter, Tags: []types.Tag{{Key: &key, Value: &value}}},
			&iam.ListEntitiesForPolicyInput{PolicyArn: &name, EntityFilter: types.EntityType(filter), MaxItems: &limit},
			&iam.UntagUserInput{UserName: &name, TagKeys: []string{key, value}},
		} {
			if err := iamModel.Check(in); err != nil {
				assert.Contains(t, err.Error(), "validation error")
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	in := &iam.CreateUserInput{
		UserName: aws.String("alice"), Path: aws.String("/engineering/"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	}
	plan := iamModel.Plan(reflect.TypeFor[iam.CreateUserInput]())
	b.ReportAllocs()
	for b.Loop() {
		if err := plan.Check(in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead is what the first IAM call of a process pays once.
func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = constraint.NewModel("iam", constraint.Wording{}).Plan(reflect.TypeFor[iam.CreateUserInput]())
	}
}
