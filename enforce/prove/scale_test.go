package prove_test

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

var scale = flag.Bool("scale", false, "measure large policies, many roles and policies that are made to be hard")

// shortest returns how long something takes at least, of some times: the machine may have had
// something else to do.
func shortest(times int, do func()) time.Duration {
	least := time.Hour
	for range times {
		start := time.Now()
		do()
		least = min(least, time.Since(start))
	}
	return least
}

// large makes a policy of Allows and Denies that overlap: on buckets, tags, addresses and
// times.
func large(t testing.TB, statements int) *enforce.Policy {
	all := make([]string, statements)
	for i := range all {
		effect, condition := "Allow", ""
		if i%2 == 1 {
			effect = "Deny"
		}
		switch i % 7 {
		case 2:
			condition = fmt.Sprintf(`,"Condition":{"StringLike":{"aws:PrincipalTag/team":"team-%d*"}}`, i)
		case 4:
			condition = fmt.Sprintf(`,"Condition":{"IpAddress":{"aws:SourceIp":"10.%d.0.0/16"}}`, i%256)
		case 6:
			condition = fmt.Sprintf(`,"Condition":{"NumericLessThan":{"s3:max-keys":"%d"}}`, i)
		}
		action := [...]string{`"s3:Get*"`, `"s3:PutObject"`, `["s3:Delete*","s3:*Acl"]`, `"sqs:*"`, `"ec2:Describe*"`}[i%5]
		all[i] = fmt.Sprintf(`{"Effect":%q,"Action":%s,"Resource":"arn:aws:s3:::bucket-%d-*/*"%s}`, effect, action, i/3, condition)
	}
	p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(all, ",")+`]}`, enforce.IdentityPolicy, enforce.Source{Name: "large"})
	require.NoError(t, err)
	return p
}

// A policy of 1,000 statements is asked about within 100 ms.
func TestLargePolicies(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: the time of policies of 1,000 statements is not measured")
	}
	p := large(t, 1000)
	less := large(t, 990)
	for name, ask := range map[string]func() (prove.Answer, error){
		"all": func() (prove.Answer, error) {
			return can(p, prove.Question{Principals: worker(t), Actions: []string{"*"}})
		},
		"objects": func() (prove.Answer, error) {
			return can(p, prove.Question{Principals: worker(t), Actions: []string{"s3:Delete*"}, Resources: []string{"arn:aws:s3:::prod-*/*"}})
		},
		"one": func() (prove.Answer, error) {
			return can(p, prove.Question{Principals: worker(t), Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::bucket-*-x/y"}})
		},
		"in no way": func() (prove.Answer, error) {
			return can(p, prove.Question{Principals: worker(t), Actions: []string{"iam:*"}})
		},
		"its change":     func() (prove.Answer, error) { return change(t, less, p) },
		"another change": func() (prove.Answer, error) { return change(t, p, less) },
	} {
		took := shortest(20, func() {
			a, err := ask()
			require.NoError(t, err)
			assert.NotEqual(t, prove.Unknown, a.Verdict, "%s %v", name, a.Reasons)
		})
		t.Log(name, took)
		assert.Less(t, took, 100*time.Millisecond, name)
	}
}

func can(p *enforce.Policy, q prove.Question) (prove.Answer, error) {
	return prove.Can(context.Background(), &enforce.PolicySet{Identity: []*enforce.Policy{p}}, q)
}

func change(t *testing.T, old, changed *enforce.Policy) (prove.Answer, error) {
	before, q := prove.Alone(old, changed)
	after, _ := prove.Alone(changed, old)
	q.Principals = worker(t)
	return prove.NoNewAccess(context.Background(), before, after, q)
}

// 10,000 roles are asked within 10 seconds by two workers, and no memory stays behind.
func TestManyRoles(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: the time and memory of 10,000 roles are not measured")
	}
	const roles = 10_000
	shared := large(t, 30)
	var next, most atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for range 2 {
		group.Go(func() {
			for n := next.Add(1); n <= roles; n = next.Add(1) {
				own := parse(t, enforce.IdentityPolicy, fmt.Sprintf(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::team-%d/*"}`, n),
					`{"Effect":"Deny","Action":"s3:Delete*","Resource":"*"}`)
				who, err := enforce.ParsePrincipal(fmt.Sprintf("arn:aws:iam::111122223333:role/role-%d", n))
				if err != nil {
					t.Error(err)
				}
				set := &enforce.PolicySet{Identity: []*enforce.Policy{own, shared}}
				a, err := prove.Can(t.Context(), set, prove.Question{Principals: []enforce.Principal{who}, Actions: []string{"s3:DeleteObject"}})
				if err != nil || a.Verdict != prove.No {
					t.Errorf("role %d: %v %v", n, a, err)
				}
				if n%1000 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most.Store(max(most.Load(), int64(m.HeapAlloc)))
				}
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	runtime.GC()
	runtime.GC() // cleanups ran after the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d roles in %v, at most %d MB, %d MB stay", roles, took, most.Load()>>20, m.HeapAlloc>>20)
	assert.Less(t, took, 10*time.Second)
	assert.Less(t, most.Load(), int64(512<<20))
}

// Policies that are made to be hard have an answer, or are unknown, within their budget.
func TestHardPolicies(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: the budget of policies that are made to be hard is not measured")
	}
	stars := func(n int, letters string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "*%c", letters[i%len(letters)])
		}
		return b.String() + "*"
	}
	var globs, negated, keys []string
	for i := range 100 {
		globs = append(globs, fmt.Sprintf(`"arn:aws:s3:::%s%d*"`, stars(20, "abcdefg"[i%7:]), i))
		negated = append(negated, fmt.Sprintf(`{"Effect":"Deny","Action":"s3:*%c*%c*","NotResource":"arn:aws:s3:::%s"}`, 'a'+i%26, 'a'+i/4, stars(5+i%9, "xyz")))
		keys = append(keys, fmt.Sprintf(`{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotLike":{"k%d":%q,"k%d":%q}}}`, i, stars(9, "abc"), (i+1)%100, stars(8, "cba")))
	}
	overlapping := `{"Effect":"Allow","Action":"s3:*","Resource":[` + strings.Join(globs, ",") + `]}`
	for name, statements := range map[string][]string{
		"a hundred globs":        {overlapping, `{"Effect":"Deny","Action":"*","Resource":[` + strings.Join(globs[1:], ",") + `]}`},
		"each denied in its way": append(negated, overlapping),
		"keys in a ring":         append(keys, overlapping),
		"a single long pattern":  {`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + stars(2000, "ab") + `"}`, `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::` + stars(1999, "ab") + `"}`},
		"many actions":           {`{"Effect":"Allow","NotAction":["s3:` + stars(10, "get") + `","s3:` + stars(12, "put") + `"],"Resource":"*"}`, `{"Effect":"Deny","NotAction":["s3:` + stars(11, "te") + `"],"Resource":"*"}`},
	} {
		p := parse(t, enforce.IdentityPolicy, statements...)
		took := shortest(3, func() {
			a, err := can(p, prove.Question{Principals: worker(t), Actions: []string{"s3:*"}})
			require.NoError(t, err)
			if a.Verdict == prove.Unknown {
				assert.Equal(t, []string{"the budget is spent"}, a.Reasons, name)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		start := time.Now()
		_, err := prove.Can(ctx, &enforce.PolicySet{Identity: []*enforce.Policy{p}}, prove.Question{Principals: worker(t), Actions: []string{"s3:*"}, Budget: 1 << 40})
		late := time.Since(start)
		cancel()
		require.NoError(t, err)
		t.Log(name, took, late)
		assert.Less(t, took, 10*time.Second, name)
		assert.Less(t, late, time.Second, name)
	}
}
