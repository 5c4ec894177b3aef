package enforce

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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

// tenByTen has 10 policies of 10 statements with wildcards and conditions; the
// last statement is last.
func tenByTen(t testing.TB, last string) *PolicySet {
	conditions := []string{
		`"StringEquals":{"aws:PrincipalTag/team":"ops"}`, `"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`,
		`"StringLike":{"aws:RequestedRegion":"eu-*"}`, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`,
		`"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}`,
	}
	set := &PolicySet{}
	for i := range 10 {
		var statements []string
		for j := range 10 {
			statements = append(statements, stmt("Allow", "s3:Get*", fmt.Sprintf("arn:aws:s3:::rep*/20%02d/*", 20+j),
				`"Condition":{`+conditions[(i+j)%len(conditions)]+`}`))
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

type shape struct {
	name string
	set  *PolicySet
	want Verdict
}

func shapes(t testing.TB) []shape {
	condition := `"Condition":{"StringEquals":{"aws:PrincipalTag/team":"data"}}`
	all := []shape{
		{"1 statement", &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/*"))}}, Allowed},
		{"10x10 allow last", tenByTen(t, stmt("Allow", "s3:Get*", "arn:aws:s3:::rep*/2026/*", condition)), Allowed},
		{"10x10 deny last", tenByTen(t, stmt("Deny", "s3:Get*", "arn:aws:s3:::rep*/2026/*", condition)), ExplicitDeny},
		{"variables", &PolicySet{Identity: []*Policy{identity(t,
			stmt("Allow", "s3:GetObject", "arn:aws:s3:::reports/${aws:PrincipalTag/year, '2026'}/*"))}}, Allowed},
	}
	for _, n := range []int{1, 10, 100, 1000} {
		all = append(all, shape{fmt.Sprintf("%d unrelated", n), unrelated(t, n), Allowed})
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

func BenchmarkParse(b *testing.B) {
	doc := tenByTen(b, stmt("Deny", "s3:Get*", "*")).Identity[0].Document()
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := Parse(doc, IdentityPolicy, Source{}); err != nil {
			b.Fatal(err)
		}
	}
}

// A decision costs no allocation, whatever the policies look like.
func TestEvaluateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
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
