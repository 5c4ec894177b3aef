package enforce

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A sieve may let pass what does not match, and never stops what does.
func TestSieveStopsNoMatch(t *testing.T) {
	t.Parallel()
	segment := rapid.StringOfN(rapid.SampledFrom([]rune("ab/*?é")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		pattern := "arn:aws:" + rapid.SampledFrom([]string{"s3:::", "s3:*::", "sqs"}).Draw(t, "prefix") +
			segment.Draw(t, "pattern") + rapid.SampledFrom([]string{"", "${k}", "${k, 'a'}b", "${*}"}).Draw(t, "variable")
		resource := "arn:aws:s3:::" + segment.Draw(t, "resource")
		p, err := compileARN(pattern, true)
		if err != nil {
			t.Fatal(err)
		}
		req := ask(userOf(account, "a"), "s3:GetObject", resource, "k", segment.Draw(t, "k"))
		e := &eval{req: req, set: &PolicySet{}}
		if e.matchARN(&p, resource, &e.resource) && e.lacksRuns(minSieved).stops(p.sieve()) {
			t.Fatalf("%q matches %q, but its sieve %b has of what is missing, %b", pattern, resource, p.sieve(), e.lacking)
		}
	})
}

// The sieve is worth having: it stops nearly all statements about other buckets.
func TestSieveStopsOthers(t *testing.T) {
	t.Parallel()
	e := &eval{req: ask(userOf(account, "a"), "s3:GetObject", "arn:aws:s3:::reports/2026/11/q3.csv")}
	stopped := 0
	for i := range 1000 {
		p, err := compileARN(fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i*i), true)
		require.NoError(t, err)
		if e.lacksRuns(minSieved).stops(p.sieve()) {
			stopped++
		}
	}
	assert.Greater(t, stopped, 950)
	assert.False(t, e.lacksRuns(minSieved-1).stops(full), "a short list is not worth a sieve")
}

// What a statement needs is what all of its resources need; nothing where it
// names what it is not about, or nothing.
func TestStatementSieve(t *testing.T) {
	t.Parallel()
	of := func(texts ...string) (v sieve) {
		for _, text := range texts {
			v.add(text)
		}
		return v
	}
	for element, want := range map[string]sieve{
		`"Resource":"arn:aws:s3:::ab/*"`:                      of("arn:aws:s3:::ab/"),
		`"Resource":["arn:aws:s3:::abc","arn:aws:s3:::abd"]`:  of("arn:aws:s3:::ab"),
		`"Resource":["arn:aws:s3:::ab","*"]`:                  of(),
		`"Resource":"arn:aws:s3:::ab/${aws:username}/cd?ef"`:  of("arn", "aws", "ab/", "/cd"),
		`"Resource":"arn:aws:s3:::${aws:username, 'xyz'}/cd"`: of("arn", "aws", "/cd"),
		`"Resource":"arn:aws:sqs:*:*:abc"`:                    of("arn", "aws", "sqs", "abc"),
		`"Resource":"arn:aws:s3:::*abc?def"`:                  of("arn:aws:s3:::", "abc", "def"),
		`"Resource":"arn:aws:s3:::*a?b*cd"`:                   of("arn:aws:s3:::"),
		`"NotResource":"arn:aws:s3:::ab"`:                     of(),
	} {
		p := identity(t, `{"Effect":"Allow","Action":"s3:*",`+element+`}`)
		assert.Equal(t, want, p.allows.rules[0].needs, element)
	}
	p := policy(t, TrustPolicy, stmt("Allow", "sts:AssumeRole", "", aws(account)))
	assert.Zero(t, p.allows.rules[0].needs, "a trust policy names no resource")
}

// The sieve of a resource is that of a pattern without wildcards, and a run of three bytes
// is enough to have one.
func TestSieveOfResource(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "ab", "abc", "abcd", "arn:aws:s3:::reports/2026/11/q3.csv"} {
		var v sieve
		v.add(text)
		assert.Equal(t, v, sieveOf(text), text)
		assert.Equal(t, len(text) < runLength, v == sieve{}, text)
	}
	var v sieve
	v.add("ab\xfecde\xffe")
	assert.Equal(t, sieveOf("cde"), v, "a wildcard ends a run")
}
