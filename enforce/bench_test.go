package enforce

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var scale = flag.Bool("scale", false, "compare times with policies of 10 and 1,000 statements")

// benchRequest has the keys that a World gives each request.
func benchRequest() *Request {
	req := ask(sessionOf(account, "worker", "s1"), "s3:GetObject", "arn:aws:s3:::reports/2026/11/q3.csv")
	base := new(Context)
	base.SetTime("aws:CurrentTime", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	base.SetTime("aws:EpochTime", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	for _, kv := range [][2]string{
		{"aws:SecureTransport", "true"}, {"aws:SourceIp", "203.0.113.7"}, {"aws:UserAgent", "aws-sdk-go-v2/1.47.7"},
		{"aws:RequestedRegion", "us-east-1"}, {"aws:ViaAWSService", "false"}, {"aws:MultiFactorAuthPresent", "false"},
		{"aws:PrincipalTag/team", "data"}, {"aws:TokenIssueTime", "2026-11-22T00:00:00Z"},
	} {
		base.Set(kv[0], kv[1])
	}
	req.Context.Base = base
	req.Context.Set("s3:authType", "REST-HEADER")
	req.Context.Set("s3:signatureversion", "AWS4-HMAC-SHA256")
	return req
}

// unmet returns one of five conditions that do not hold.
func unmet(i int) string {
	conditions := []string{
		`"StringEquals":{"aws:PrincipalTag/team":"ops"}`, `"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`,
		`"StringLike":{"aws:RequestedRegion":"eu-*"}`, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`,
		`"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}`,
	}
	return conditions[i%len(conditions)]
}

// ofTeam returns conditions that do not hold, each for another value of a key.
func ofTeam(i int) string { return fmt.Sprintf(`"StringEquals":{"aws:PrincipalTag/team":"team%d"}`, i) }

// tenByTen has 10 policies of 10 statements with wildcards and conditions; the
// last statement is last.
func tenByTen(t testing.TB, last string) *PolicySet {
	set := &PolicySet{}
	for i := range 10 {
		var statements []string
		for j := range 10 {
			statements = append(statements, stmt("Allow", "s3:Get*", fmt.Sprintf("arn:aws:s3:::rep*/20%02d/*", 20+j),
				`"Condition":{`+unmet(i+j)+`}`))
		}
		if i == 9 {
			statements[9] = last
		}
		set.Identity = append(set.Identity, identity(t, statements...))
	}
	return set
}

func unrelated(t testing.TB, n int) *PolicySet {
	var statements []string
	for i := range n {
		statements = append(statements, stmt("Allow", fmt.Sprintf("sqs:Action%d", i), "*"))
	}
	return &PolicySet{Identity: []*Policy{identity(t, append(statements, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))...)}}
}

// onOtherBuckets has n statements about the asked action and other buckets.
func onOtherBuckets(t testing.TB, n int) *PolicySet {
	var statements []string
	for i := range n {
		statements = append(statements, stmt("Allow", "s3:GetObject", fmt.Sprintf("arn:aws:s3:::bucket-%d/*", i)))
	}
	return &PolicySet{Identity: []*Policy{identity(t, append(statements, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))...)}}
}

// aboutIt has n statements in ten policies, all about the asked action and resource with a
// condition that does not hold, and one more without.
func aboutIt(t testing.TB, n int, condition func(i int) string) *PolicySet {
	const policies = 10 // one document would be too long
	set := &PolicySet{}
	for i := range policies {
		var statements []string
		for j := range n / policies {
			statements = append(statements, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*", `"Condition":{`+condition(i*n/policies+j)+`}`))
		}
		set.Identity = append(set.Identity, identity(t, statements...))
	}
	set.Identity = append(set.Identity, identity(t, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*")))
	return set
}

// toAccount has n statements of a bucket's policy that allow the caller's account, and one
// that allows the caller's role.
func toAccount(t testing.TB, n int) *PolicySet {
	var statements []string
	for range n {
		statements = append(statements, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*", aws(account)))
	}
	return &PolicySet{Resource: policy(t, ResourcePolicy,
		append(statements, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*", aws(sessionOf(account, "worker", "s1").ARN)))...)}
}

// denying has the statements of a set as denials, of which the last applies.
func denying(t testing.TB, set *PolicySet) *PolicySet {
	denies := &PolicySet{}
	for _, p := range set.Identity {
		denies.Identity = append(denies.Identity, MustParse(strings.ReplaceAll(p.Document(), `"Allow"`, `"Deny"`), IdentityPolicy))
	}
	return denies
}

type shape struct {
	name string
	set  *PolicySet
	want Verdict
}

func shapes(t testing.TB) []shape {
	condition := `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"data"}}`
	last := stmt("Allow", "s3:Get*", "arn:aws:s3:::rep*/2026/*", condition)
	all := []shape{
		{"1 statement", &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))}}, Allowed},
		{"10x10 allow last", tenByTen(t, last), Allowed},
		{"10x10 deny last", tenByTen(t, stmt("Deny", "s3:Get*", "arn:aws:s3:::rep*/2026/*", condition)), ExplicitDeny},
		{"10x10 denies, deny last", denying(t, tenByTen(t, last)), ExplicitDeny},
		{"variables", &PolicySet{Identity: []*Policy{identity(t,
			stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/${aws:PrincipalTag/year, '2026'}/*"))}}, Allowed},
		{"1000 about it", aboutIt(t, 1000, unmet), Allowed},
		{"1000 about it, of teams", aboutIt(t, 1000, ofTeam), Allowed},
		{"1000 to the account", toAccount(t, 1000), Allowed},
	}
	for _, n := range []int{1, 10, 100, 1000} {
		all = append(all, shape{fmt.Sprintf("%d unrelated", n), unrelated(t, n), Allowed})
		all = append(all, shape{fmt.Sprintf("%d on other buckets", n), onOtherBuckets(t, n), Allowed})
	}
	return all
}

func BenchmarkEvaluate(b *testing.B) {
	req := benchRequest()
	for _, s := range shapes(b) {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := Evaluate(req, s.set); d.Verdict != s.want {
					b.Fatal(d.String())
				}
			}
		})
	}
}

func BenchmarkContext(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		benchRequest()
	}
}

// BenchmarkParse reads and compiles policies of different lengths. Of what it
// reports, kept-B is the memory that a compiled statement keeps, with its share
// of the policy and of the document.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		var statements []string
		for len(statements) < n {
			all := tenByTen(b, stmt("Deny", "s3:Get*", "*")).Identity[9].Statements()
			for _, s := range all[:min(n-len(statements), len(all))] {
				statements = append(statements, s.Document())
			}
		}
		doc := whole(strings.Join(statements, ","))
		b.Run(fmt.Sprintf("%d statements", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(doc, IdentityPolicy, Source{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/statement")
			b.ReportMetric(kept(b, doc)/float64(n), "kept-B/statement")
		})
	}
}

// kept returns how many bytes a parsed document keeps.
func kept(b *testing.B, doc string) float64 {
	policies := make([]*Policy, 200)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range policies {
		policies[i] = MustParse(strings.Clone(doc), IdentityPolicy)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(policies)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(len(policies))
}

// BenchmarkPattern matches many wildcards against ever longer texts that nearly
// match; ns/byte stays the same.
func BenchmarkPattern(b *testing.B) {
	for _, n := range []int{1 << 8, 1 << 11, 1 << 14} {
		pattern, text := newPattern(wildcards.Replace(strings.Repeat("a*", n/2)+"b*")), strings.Repeat("a", n)
		b.Run(fmt.Sprintf("%d bytes", n), func(b *testing.B) {
			for b.Loop() {
				if pattern.match(text) {
					b.Fatal("it matches")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/byte")
		})
	}
}

// A decision costs no allocation, whatever the policies look like.
func TestEvaluateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("-race is set, which empties pools: the allocations of decisions are not counted")
	}
	req := benchRequest()
	for _, s := range shapes(t) {
		require.Equal(t, s.want, verdict(req, s.set), s.name)
		allocs := testing.AllocsPerRun(200, func() {
			if d := Evaluate(req, s.set); d.Verdict != s.want {
				t.Error(d.String())
			}
		})
		require.Less(t, allocs, 0.5, s.name) // the pool may be emptied by the collector
	}
}

// Statements about other actions cost nothing: a policy with a thousand of them
// decides in less than twice the time of one with ten.
func TestUnrelatedStatementsCostNothing(t *testing.T) {
	if raceEnabled || !*scale {
		t.Skip("-scale is not set, or -race is: times with 10 and 1,000 statements are not compared")
	}
	req := benchRequest()
	fastest := func(set *PolicySet) time.Duration {
		best := time.Hour
		for range 20 {
			start := time.Now()
			for range 2000 {
				Evaluate(req, set)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	ten, thousand := unrelated(t, 10), unrelated(t, 1000)
	assert.Less(t, fastest(thousand), 2*fastest(ten))
}
