package enforce

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSplitARN(t *testing.T) {
	t.Parallel()
	a, ok := splitARN("arn:aws:sns:us-east-1:111122223333:topic:with:colons")
	require.True(t, ok)
	assert.Equal(t, arn{"arn", "aws", "sns", "us-east-1", "111122223333", "topic:with:colons"}, a)
	for _, s := range []string{"", "*", "arn:", "arn:aws:s3::bucket", "ARN:aws:s3:::b", "urn:aws:s3:::b"} {
		_, ok := splitARN(s)
		assert.False(t, ok, s)
	}
}

func TestResourcePatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, pattern, resource string
		want                    bool
	}{
		{"rule 8: case-sensitive", "arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", false},
		{"rule 8: wildcard crosses slashes and colons in the last segment", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", true},
		{"rule 8: wildcard does not cross into another segment", "arn:aws:sqs:*:q", "arn:aws:sqs:us-east-1:111122223333:q", false},
		{"rule 8: wildcard within a segment", "arn:aws:sqs:us-*-1:111122223333:q", "arn:aws:sqs:us-east-1:111122223333:q", true},
		{"rule 8: question mark", "arn:aws:s3:::b?", "arn:aws:s3:::b1", true},
		{"rule 8: missing segments match everything", "arn:aws:sqs:us-east-1", "arn:aws:sqs:us-east-1:111122223333:q", true},
		{"rule 8: missing segments, other region", "arn:aws:sqs:us-east-1", "arn:aws:sqs:eu-west-1:111122223333:q", false},
		{"rule 8: a missing last segment matches everything", "arn:aws:sqs:us-east-1:111122223333", "arn:aws:sqs:us-east-1:111122223333:q", true},
		{"rule 8: a missing last segment, other account", "arn:aws:sqs:us-east-1:111122223333", "arn:aws:sqs:us-east-1:444455556666:q", false},
		{"rule 8: any service, which AWS refuses to store", "arn:aws:*", "arn:aws:sqs:us-east-1:111122223333:q", true},
		{"rule 8: a part of the service", "arn:aws:s*:::b", "arn:aws:s3:::b", true},
		{"rule 8: star matches all", "*", "arn:aws:s3:::b", true},
		{"rule 8: the resource * is matched by * alone", "arn:aws:s3:::*", "*", false},
		{"rule 8: the resource * is matched by *", "*", "*", true},
		{"rule 8: all wildcards is not *", "*:*:*:*:*:*", "*", false},
		{"rule 9: role names are case-sensitive", "arn:aws:iam::1:role/Admin", "arn:aws:iam::1:role/admin", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := compileARN(c.pattern, true)
			require.NoError(t, err)
			assert.Equal(t, c.want, new(eval).matchARN(&p, c.resource, new(arn)))
		})
	}
}

// rule 8: what a star at the end of a segment would match if it crossed colons, which
// the page of Resource says that it can.
func TestStarsThatCrossColons(t *testing.T) {
	t.Parallel()
	const queue = "arn:aws:sqs:us-east-1:111122223333:team:q"
	for pattern, want := range map[string][2]bool{ // as it is, and if stars crossed
		"arn:aws:sqs:us-*:111122223333:team:q": {true, true},
		"arn:aws:sqs:us-*:q:team:q":            {false, false},
		"arn:aws:sqs:us-*:team:q":              {false, true},
		"arn:aws:sqs:*:q":                      {false, false}, // a fifth segment, and "*" for the sixth
		"arn:aws:sqs:us-*:team:q:*":            {false, false},
		"arn:aws:s*:us-east-1:*:q":             {false, true},
		"arn:aws:sqs:u?-*:*:q":                 {false, false}, // another wildcard keeps all within
	} {
		for i, crosses := range []bool{false, true} {
			p, err := compileSegments(pattern, true, crosses)
			require.NoError(t, err)
			assert.Equal(t, want[i], new(eval).matchARN(&p, queue, new(arn)), "%s, crossing: %t", pattern, crosses)
		}
		own, err := compileResource(pattern, true)
		require.NoError(t, err)
		assert.Equal(t, want[0], new(eval).matchARN(&own, queue, new(arn)), pattern)
	}
}

// A colon within a variable divides no segments.
func TestSplitPattern(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][6]string{
		"arn:aws:sqs:${aws:RequestedRegion}:1:q":      {"arn", "aws", "sqs", "${aws:RequestedRegion}", "1", "q"},
		"arn:aws:sqs:$x:1:q:r":                        {"arn", "aws", "sqs", "$x", "1", "q:r"},
		"arn:aws:sqs:${aws:username, 'a:b'}$:1":       {"arn", "aws", "sqs", "${aws:username, 'a:b'}$", "1", "*"},
		"arn:aws:s3:::${aws:username}/${aws:userid}/": {"arn", "aws", "s3", "", "", "${aws:username}/${aws:userid}/"},
	} {
		assert.Equal(t, want, SplitPattern(pattern), pattern)
	}
}

func FuzzARN(f *testing.F) {
	for _, s := range []string{"*", "arn:aws:s3:::b/*", "arn:aws:sqs:us-east-1", "arn:aws:s3:::${aws:username}/*", "a:b:c:d:e:f:g", "${", "${a, 'b'}"} {
		f.Add(s, "arn:aws:s3:::b/k")
	}
	f.Fuzz(func(t *testing.T, pattern, resource string) {
		p, err := compileARN(pattern, true)
		if err != nil {
			return
		}
		e := &eval{req: new(Request)}
		first := e.matchARN(&p, resource, new(arn))
		if first != e.matchARN(&p, resource, new(arn)) {
			t.Fatal("not deterministic")
		}
		a, ok := splitARN(resource)
		if ok && strings.Join(a[:], ":") != resource {
			t.Fatalf("%q does not join again: %q", resource, a)
		}
		// A plain ARN matches itself and nothing else.
		if ok && !strings.ContainsAny(resource, "*?${}") && utf8.ValidString(resource) {
			same, err := compileARN(resource, true)
			if err != nil || !e.matchARN(&same, resource, new(arn)) {
				t.Fatalf("%q does not match itself: %v", resource, err)
			}
			if !strings.ContainsAny(pattern, "*?$") && strings.Count(pattern, ":") >= 5 && first != (pattern == resource) {
				t.Fatalf("plain pattern %q, resource %q: %v", pattern, resource, first)
			}
		}
	})
}
