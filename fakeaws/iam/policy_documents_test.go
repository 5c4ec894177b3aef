package iam_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

// rule 73: refused documents.
func TestMalformedDocuments(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "u")
		tests := []struct {
			document, inline, managed, trust string
		}{
			{"{", "Syntax errors in policy.", "Syntax errors in policy.", "This policy contains invalid Json"},
			{
				`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, "",
				"Policy document must be version 2012-10-17 or greater.", "Has prohibited field Resource",
			},
			{
				allow("s3:*", "bucket"), `Resource bucket must be in ARN format or "*".`,
				`Resource bucket must be in ARN format or "*".`, `Resource bucket must be in ARN format or "*".`,
			},
			{
				trustEC2, "Policy statement must contain resources.", "Policy statement must contain resources.", "",
			},
		}
		for _, tc := range tests {
			_, inline := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: aws.String("u"), PolicyName: aws.String("p"), PolicyDocument: &tc.document})
			_, managed := w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: &tc.document})
			_, trust := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &tc.document})
			for message, err := range map[*string]error{&tc.inline: inline, &tc.managed: managed, &tc.trust: trust} {
				if *message == "" {
					require.NoError(t, err, tc.document)
					continue
				}
				var malformed *types.MalformedPolicyDocumentException
				require.ErrorAs(t, err, &malformed, tc.document)
				assert.Equal(t, *message, malformed.ErrorMessage(), tc.document)
			}
		}
	})
}

// rule 37: a trust policy can only name principals that exist.
func TestTrustedPrincipals(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "u")
		w.role(t, "r")
		w.group(t, "g")
		trust := func(principal string) string {
			return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
		}
		tests := map[string]string{ // principal -> the one that is refused
			`"*"`:                             "",
			`{"AWS":"*"}`:                     "",
			`{"AWS":"111122223333"}`:          "",
			`{"Service":"ec2.amazonaws.com"}`: "",
			`{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:user/u"]}`:   "",
			`{"AWS":"arn:aws:iam::111122223333:role/r"}`:                                      "",
			`{"AWS":"arn:aws:sts::111122223333:assumed-role/r/session"}`:                      "",
			`{"AWS":"arn:aws:iam::999988887777:user/in-an-account-that-is-not-ours"}`:         "",
			`{"AWS":["arn:aws:iam::111122223333:user/u","arn:aws:iam::111122223333:user/U"]}`: "arn:aws:iam::111122223333:user/U",
			`{"AWS":"arn:aws:iam::111122223333:user/x/u"}`:                                    "arn:aws:iam::111122223333:user/x/u",
			`{"AWS":"arn:aws:iam::444455556666:role/r"}`:                                      "arn:aws:iam::444455556666:role/r",
			`{"AWS":"arn:aws:sts::111122223333:assumed-role/missing/session"}`:                "arn:aws:sts::111122223333:assumed-role/missing/session",
		}
		for principal, refused := range tests {
			_, err := w.iam.UpdateAssumeRolePolicy(w.root, &sdk.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: aws.String(trust(principal))})
			if refused == "" {
				require.NoError(t, err, principal)
				continue
			}
			requireError(t, err, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+refused+`"`)
		}
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.role(t, "r")
		role := aws.String("r")
		tag := func(pairs ...string) error {
			var tags []types.Tag
			for i := 0; i < len(pairs); i += 2 {
				tags = append(tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
			}
			_, err := w.iam.TagRole(w.root, &sdk.TagRoleInput{RoleName: role, Tags: tags})
			return err
		}
		list := func() []types.Tag {
			out, err := w.iam.ListRoleTags(w.root, &sdk.ListRoleTagsInput{RoleName: role})
			require.NoError(t, err)
			return out.Tags
		}
		require.NoError(t, tag("b", "1", "Test", "x"))
		require.NoError(t, tag("test", "y"), "rule 81: keys are compared without their case")
		assert.Equal(t, []types.Tag{{Key: aws.String("b"), Value: aws.String("1")}, {Key: aws.String("test"), Value: aws.String("y")}}, list())
		requireError(t, tag("a", "1", "A", "2"), "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		requireError(t, tag("AWS:x", "1"), "InvalidInput", "Tag keys starting with 'aws:' are reserved for internal use.")
		requireError(t, tag("a*", "1"), "ValidationError", `1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
		var many []string
		for i := range 48 {
			many = append(many, "k"+strings.Repeat("x", i), "")
		}
		require.NoError(t, tag(many...))
		requireError(t, tag("one-more", ""), "LimitExceeded", "Cannot exceed quota for TagsPerRole: 50")
		require.NoError(t, tag("B", "2"), "replacing does not count")
		_, err := w.iam.UntagRole(w.root, &sdk.UntagRoleInput{RoleName: role, TagKeys: append([]string{"TEST", "none"}, "k")})
		require.NoError(t, err)
		assert.Len(t, list(), 48)
	})
}

// operations calls visit with every operation and an empty input of it.
func operations(w *world, visit func(name string, do func(context.Context) error, in reflect.Value)) {
	client := reflect.ValueOf(w.fixture)
	for _, op := range w.service.Ops() {
		method := client.MethodByName(op.Name)
		in := reflect.New(method.Type().In(1).Elem())
		visit(op.Name, func(ctx context.Context) error {
			err, _ := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})[1].Interface().(error)
			return err
		}, in)
	}
}

// Input without any member, or with wrong ones, is answered and never a panic.
func TestEmptyInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	model := constraint.NewModel("iam", constraint.Wording{})
	operations(w, func(name string, do func(context.Context) error, in reflect.Value) {
		if err := do(w.root); model.Check(in.Interface()) != nil {
			require.ErrorContains(t, err, "failed to satisfy constraint: Member must not be null", name)
		}
	})
}

func FuzzInput(f *testing.F) {
	f.Add("alice", allowAll)
	f.Add("arn:aws:iam::111122223333:policy/x", trustEC2)
	f.Add("", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["::::::",7]},"Action":"sts:AssumeRole"}}`)
	f.Add("::::::", `{"Statement":[{"Principal":{"AWS":{}}}]}`)
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, text, document string) {
		operations(w, func(name string, do func(context.Context) error, in reflect.Value) {
			for i := range in.Elem().NumField() {
				field, typ := in.Elem().Field(i), in.Elem().Type().Field(i)
				if !typ.IsExported() {
					continue
				}
				if p, ok := field.Addr().Interface().(**string); ok {
					*p = &text
					if strings.HasSuffix(typ.Name, "Document") {
						*p = &document
					}
				}
			}
			if err := do(t.Context()); err != nil {
				assert.NotEmpty(t, err.Error(), name)
			}
		})
	})
}

// rule 37: who is deleted and made anew is not trusted any more.
func TestTrustFollowsTheUser(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		made, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("u")})
		require.NoError(t, err)
		document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/u"},"Action":"sts:AssumeRole"}}`
		_, err = w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &document})
		require.NoError(t, err)
		trusted := func() string {
			r, ok := w.service.Role("arn:aws:iam::111122223333:role/r")
			require.True(t, ok)
			return r.Trust.Principals()[0].Value
		}
		_, err = w.iam.UpdateUser(w.root, &sdk.UpdateUserInput{UserName: aws.String("u"), NewPath: aws.String("/x/")})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:user/x/u", trusted())
		_, err = w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: aws.String("u")})
		require.NoError(t, err)
		assert.Equal(t, *made.User.UserId, trusted())
		_, err = w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("u"), Path: aws.String("/x/")})
		require.NoError(t, err)
		assert.Equal(t, *made.User.UserId, trusted())
		_, err = w.iam.DeleteRole(w.root, &sdk.DeleteRoleInput{RoleName: aws.String("r")})
		require.NoError(t, err)
	})
}
