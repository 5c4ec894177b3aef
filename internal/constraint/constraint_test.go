package constraint_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

type tag struct{ Key, Value *string }

type input struct {
	Name   *string
	Status string
	Limit  *int32
	Tags   []tag
	Keys   []string
	Free   *string
}

var plan = constraint.Compile(reflect.TypeFor[input](), constraint.Table{
	"Name":   {Required: true, Min: 2, Max: 4, Pattern: constraint.Chars(`[\w+]*`, constraint.WordAnd("+"))},
	"Status": {Enum: []string{"On", "Off"}},
	"Limit":  {Min: 1, Max: 10},
	"Tags":   {Max: 2, Fields: constraint.Table{"Key": constraint.TagKey, "Value": constraint.TagValue}},
	"Keys":   {Max: 2, Item: &constraint.Member{Min: 1, Max: 3}, Pattern: constraint.TagKey.Pattern},
})

func TestCheck(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	name := aws.String("abc")
	tests := map[string]struct {
		in   input
		want string
	}{
		"valid":       {in: input{Name: name, Status: "On", Limit: aws.Int32(10), Free: aws.String("  ")}},
		"absent":      {in: input{}, want: one + "Value null at 'name' failed to satisfy constraint: Member must not be null"},
		"short":       {in: input{Name: aws.String("a")}, want: one + "Value 'a' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		"long":        {in: input{Name: aws.String("abcde")}, want: one + "Value 'abcde' at 'name' failed to satisfy constraint: Member must have length less than or equal to 4"},
		"characters":  {in: input{Name: aws.String("ab:")}, want: one + `Value 'ab:' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+]*`},
		"enum":        {in: input{Name: name, Status: "on"}, want: one + "Value 'on' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [On, Off]"},
		"number":      {in: input{Name: name, Limit: aws.Int32(0)}, want: one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"list":        {in: input{Name: name, Keys: []string{"a", "b", "c"}}, want: one + "Value '[a, b, c]' at 'keys' failed to satisfy constraint: Member must have length less than or equal to 2"},
		"list item":   {in: input{Name: name, Keys: []string{"a", "bcde"}}, want: one + "Value 'bcde' at 'keys.2.member' failed to satisfy constraint: Member must have length less than or equal to 3"},
		"list struct": {in: input{Name: name, Tags: []tag{{Key: name}}}, want: one + "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"},
		"two at once": {
			in: input{Name: aws.String("a"), Limit: aws.Int32(11)},
			want: "2 validation errors detected: Value 'a' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2; " +
				"Value '11' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10",
		},
		"characters are counted, not bytes": {
			in:   input{Name: aws.String("äöüß")},
			want: one + `Value 'äöüß' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+]*`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := plan.Check(&tc.in)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, "ValidationError", api.ErrorCode())
			assert.Equal(t, tc.want, api.ErrorMessage())
		})
	}
}

// A service's own sentence for wrong characters gives way to the front end's
// errors, which come first.
func TestInvalid(t *testing.T) {
	t.Parallel()
	p := constraint.Compile(reflect.TypeFor[input](), constraint.Table{
		"Name": {Max: 3, Pattern: constraint.Chars("", constraint.WordAnd("")), Invalid: "The name is wrong."},
	})
	require.EqualError(t, p.Check(&input{Name: aws.String("a b")}), "ValidationError: The name is wrong.")
	require.ErrorContains(t, p.Check(&input{Name: aws.String("a bc")}), "1 validation error detected: Value 'a bc'")
}

func TestTagCharacters(t *testing.T) {
	t.Parallel()
	match := constraint.TagKey.Pattern.Match
	assert.True(t, match("Größe/x y_.:=+-@東京1"))
	assert.False(t, match("a*b"))
	assert.False(t, match("a\tb"))
}

func FuzzCheck(f *testing.F) {
	f.Add("abc", "On", int32(3), "k", "v")
	f.Add("", "", int32(-1), "", strings.Repeat("x", 300))
	f.Add("\xff\x00", "off", int32(1<<30), "aws:x", "\u0000")
	f.Fuzz(func(t *testing.T, name, status string, limit int32, key, value string) {
		in := input{Name: &name, Status: status, Limit: &limit, Tags: []tag{{&key, &value}}, Keys: []string{key, value}}
		if err := plan.Check(&in); err != nil {
			assert.Contains(t, err.Error(), "validation error")
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	in := input{Name: aws.String("abc"), Status: "On", Limit: aws.Int32(3), Keys: []string{"a", "b"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := plan.Check(&in); err != nil {
			b.Fatal(err)
		}
	}
}
