//go:build linux

package all_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// patterns are conditions of about so many bytes that are much work for their size.
var patterns = map[string]func(size int) string{
	"of one character":     func(size int) string { return listed(size, "*?b?*") },
	"of two":               func(size int) string { return listed(size, "*a?b*") },
	"of two neighbours":    func(size int) string { return listed(size, "*ba*?a??aa*") },
	"of some":              func(size int) string { return listed(size, "*a?a?aé?a?b*") },
	"of many":              func(size int) string { return listed(size, "*"+strings.Repeat("a?", 500)+"b*") },
	"of one part":          func(size int) string { return `"*` + strings.Repeat("a?", size/2) + `b*"` },
	"of one part of é":     func(size int) string { return `"*` + strings.Repeat("é?", size/3) + `b*"` },
	"of parts":             func(size int) string { return `"*` + strings.Repeat("?a*", size/3) + `?b*"` },
	"of random parts":      func(size int) string { return `"*` + sparse(size) + `*"` },
	"of many random parts": func(size int) string { return listed(size, "*"+sparse(size/20)+"*") },
	"of one variable":      func(size int) string { return `"` + strings.Repeat("${aws:Referer}", size/14) + `"` },
	"of variables":         func(size int) string { return listed(size, "*${aws:Referer}?b*") },
}

// sparse is a pattern of a character that stands at random places.
func sparse(size int) string {
	random, b := rand.New(rand.NewPCG(1, 2)), bytes.Repeat([]byte("a"), size)
	for i := range b {
		if random.IntN(2) == 0 {
			b[i] = '?'
		}
	}
	return string(b)
}

// nearly are texts of so many bytes that match much of the patterns everywhere.
var nearly = map[string]func(size int) string{
	"of one character":   func(size int) string { return strings.Repeat("a", size) },
	"of two":             func(size int) string { return strings.Repeat("ab", size/2) },
	"of é":               func(size int) string { return strings.Repeat("é", size/2) },
	"of what is no text": func(size int) string { return strings.Repeat("a", size-1) + "\xc3" },
	"of random characters": func(size int) string {
		random, b := rand.New(rand.NewPCG(3, 4)), bytes.Repeat([]byte("a"), size)
		gap := max(2, size/70)
		for i := 0; i+gap <= size; i += gap {
			b[i+random.IntN(gap)] = 'b'
		}
		return string(b)
	},
}

// like is a policy of patterns.
func like(patterns string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":[` + strings.Trim(patterns, "[]") + `]}}}]}`
}

const besidePatterns = 300 // bytes of such a policy, in a bucket and with the last pattern

// Patterns that a bucket's policy has are matched with the headers of a request for no more
// than the bounds.
func TestPatternsOfBucketsAreBounded(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time of patterns in bucket policies is not measured")
	}
	w := newPublic(t)
	for name, pattern := range patterns {
		policy := ofBucket(like(pattern(20<<10 - besidePatterns)))
		require.Empty(t, codeOf(t, w, signing{}, s3XML("/bucket?policy", policy)), "%s: %.300s, %d", name, policy, len(policy))
		for what, text := range nearly {
			for _, referer := range []int{3, 14 << 10, 27 << 10} {
				get := protocol{service: "s3", method: "GET", target: "/bucket/key", header: map[string]string{"User-Agent": text(55<<10 - referer), "Referer": text(referer)}}
				for who, s := range whos {
					isBounded(t, w, fmt.Sprintf("patterns %s and a text %s, beside %d bytes, by %s", name, what, referer, who), recordOf(t, s, get))
				}
			}
		}
	}
}

// The same is true of what is simulated, up to the work that a simulation may be.
func TestPatternsOfSimulationsAreBounded(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time of patterns in simulations is not measured")
	}
	w := newLimited(t)
	const work = 3 << 20 // of SimulateCustomPolicy: bytes of policies for each 64 of the longest text
	for name, pattern := range patterns {
		for what, text := range nearly {
			for _, n := range []int{200, 400, 1600, 6400, 50_000, 200_000} {
				policy := like(pattern(min(work/(2+n/64), enforce.MaxDocument) - besidePatterns))
				simulation := iamForm("Action=SimulateCustomPolicy&PolicyInputList.member.1=" + url.QueryEscape(policy) + "&ActionNames.member.1=s3:A" + entry(1, "aws:UserAgent", text(n)) + entry(2, "aws:Referer", text(n/4)))
				isBounded(t, w, fmt.Sprintf("a simulation of patterns %s and a text %s of %d bytes", name, what, n), recordOf(t, signing{}, simulation))
			}
		}
	}
}

// entry is a context entry of a simulation.
func entry(i int, key, value string) string {
	member := fmt.Sprintf("&ContextEntries.member.%d.ContextKey", i)
	return member + "Name=" + key + member + "Type=string" + member + "Values.member.1=" + url.QueryEscape(value)
}

// A pattern may be as long as a policy, and a text nearly 1 MB, for Go code that evaluates.
func TestLongPatternsAreBounded(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time of long patterns in Go code is not measured")
	}
	for name, pattern := range patterns {
		if strings.HasPrefix(name, "of one part") || strings.HasSuffix(name, " parts") && !strings.HasPrefix(name, "of many") {
			for _, size := range []int{6 << 10, 19 << 10, 64 << 10, enforce.MaxDocument} {
				policy, err := enforce.Parse(like(pattern(size-besidePatterns)), enforce.IdentityPolicy, enforce.Source{})
				require.NoError(t, err)
				for what, text := range nearly {
					for _, n := range []int{55 << 10, 870 << 10} {
						r := &enforce.Request{Principal: enforce.Principal{Type: enforce.User, ARN: "arn:aws:iam::" + account + ":user/user", Account: account}, Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/key", ResourceAccount: account}
						r.Context.Set("aws:UserAgent", text(n))
						c := costOf(func() { enforce.Evaluate(r, &enforce.PolicySet{Identity: []*enforce.Policy{policy}}) })
						assert.False(t, c.exceeds(), "a pattern %s of %d bytes and a text %s of %d cost %s", name, size, what, n, c)
					}
				}
			}
		}
	}
}
