package prove_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// What answers take in steps, which is the same on each machine: what cannot hold is not tried,
// and what holds already is left alone.
func TestSteps(t *testing.T) {
	t.Parallel()
	many := func(n int, form string) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf(form, i))
		}
		return all
	}
	elsewhere := many(100, `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::other-%d/*","Condition":{"StringLike":{"k":"?*"}}}`)
	narrow := many(60, `{"Effect":"Allow","Action":["s3:Get*","s3:Put*"],"Resource":"arn:aws:s3:::b-%d-*/*","Condition":{"StringLike":{"k":"a*"}}}`)
	single := many(60, `{"Effect":"Allow","Action":"s3:Get%dx*","Resource":"*"}`)
	pairs := many(30, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotLike":{"k%[1]d":"a*","m%[1]d":"b*"}}}`)
	q := prove.Question{Principals: alice(t), Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::*"}}
	for name, c := range map[string]struct {
		statements []string
		want       prove.Verdict
		most       int
	}{
		"Denies elsewhere":       {append(elsewhere, allowS3), prove.Yes, 13},
		"Allows that are shut":   {append(narrow, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"k":"a*"}}}`), prove.No, 560},
		"single Allows":          {append(single, `{"Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::*"}`), prove.No, 12917},
		"Denies of two keys":     {append(pairs, allowS3), prove.Yes, 568},
		"Allows, and all Denies": {append(append(append([]string{}, narrow...), pairs...), `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"k":"b"}}}`), prove.No, 653},
	} {
		set := &enforce.PolicySet{Identity: []*enforce.Policy{parse(t, enforce.IdentityPolicy, c.statements...)}}
		a, err := prove.Can(t.Context(), set, q)
		require.NoError(t, err)
		assert.Equal(t, c.want, a.Verdict, name)
		assert.LessOrEqual(t, a.Steps, c.most, name)
	}
	// Where the sets are not alike: what one allows and the other must not is not tried.
	p := parse(t, enforce.IdentityPolicy, narrow...)
	other := parse(t, enforce.IdentityPolicy, allowAll)
	before, after := &enforce.PolicySet{Identity: []*enforce.Policy{p}, Boundary: other}, &enforce.PolicySet{Identity: []*enforce.Policy{p}, Boundary: parse(t, enforce.IdentityPolicy, allowAll)}
	a, err := prove.NoNewAccess(t.Context(), before, after, q)
	require.NoError(t, err)
	assert.Equal(t, prove.No, a.Verdict)
	assert.LessOrEqual(t, a.Steps, 742, "compared")
}

// What cannot be known of one way is not taken for a No where the others are none.
func TestUnknownAmongOthers(t *testing.T) {
	t.Parallel()
	never := `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"a":"x"},"StringLike":{"a":"y*"}}}`
	mixed := `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"d":"2*-*-*T*Z"},"DateLessThan":{"d":"1999-06"}}}`
	far := `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"d":"9999999999999"},"Null":{"d":"false"}}}`
	const dates = "a key that is compared as a text and as a date or address of IPv6"
	for _, c := range []struct {
		statements []string
		reasons    []string
	}{
		{[]string{never, mixed}, []string{dates}},
		{[]string{mixed, never}, []string{dates}},
		{[]string{mixed}, []string{dates}},
		{[]string{far}, []string{"a date that is too far away: DateLessThan"}},
		{[]string{never, far}, []string{"a date that is too far away: DateLessThan"}},
	} {
		a, err := can(parse(t, enforce.IdentityPolicy, c.statements...), prove.Question{Principals: alice(t), Actions: []string{"s3:*"}})
		require.NoError(t, err)
		assert.Equal(t, prove.Unknown, a.Verdict, "%v", c.statements)
		assert.Equal(t, c.reasons, a.Reasons)
	}
}
