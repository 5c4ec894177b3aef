package enforce

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What a log keeps of a decision is bounded by these figures: they grow with what is kept.
func TestBytes(t *testing.T) {
	t.Parallel()
	short, long := identity(t, stmt("Allow", "s3:*", "*")), identity(t, stmt("Allow", "s3:*", "arn:aws:s3:::"+strings.Repeat("b", 1000)))
	assert.Greater(t, long.Bytes(), short.Bytes()+1000)

	var c Context
	assert.Zero(t, c.Bytes())
	var known, own Context
	known.Set("aws:UserAgent", "x")
	own.Set("app:UserAgent", "x")
	assert.Greater(t, own.Bytes(), known.Bytes(), "all contexts share the names of AWS's keys")
	c.Set("aws:UserAgent", strings.Repeat("x", 1000))
	one := c.Bytes()
	assert.Greater(t, one, 1000)
	c.Set("a:key:of:its:own", "x")
	two := c.Bytes()
	assert.Greater(t, two, one)
	c.SetMulti("aws:TagKeys", []string{strings.Repeat("k", 1000), "l"})
	assert.Greater(t, c.Bytes(), two+1000)
}

// Unlike yields what another set does not have in the same layer, and stops when it is told to.
func TestUnlike(t *testing.T) {
	t.Parallel()
	set := &PolicySet{Identity: []*Policy{Empty(IdentityPolicy), nil}, Boundary: Empty(IdentityPolicy), Resource: Empty(BucketPolicy), Endpoint: Empty(EndpointPolicy),
		Session: []*Policy{Empty(SessionPolicy)}, SCPs: [][]*Policy{{fullSCP}, {fullSCP}}, RCPs: [][]*Policy{{fullRCP}}}
	all := func(set, other *PolicySet, most int) (policies []*Policy, whole bool) {
		whole = set.Unlike(other, func(p *Policy) bool {
			policies = append(policies, p)
			return len(policies) < most
		})
		return policies, whole
	}
	got, whole := all(set, &PolicySet{}, 100)
	assert.True(t, whole)
	assert.Equal(t, []*Policy{set.Boundary, set.Resource, set.Endpoint, set.Identity[0], set.Session[0], fullSCP, fullSCP, fullRCP}, got)
	for most := 1; most <= len(got); most++ {
		some, whole := all(set, &PolicySet{}, most)
		assert.False(t, whole)
		assert.Equal(t, got[:most], some)
	}
	got, whole = all(set, set, 100)
	assert.True(t, whole)
	assert.Empty(t, got)
	other := *set
	other.Resource, other.Identity = Empty(BucketPolicy), []*Policy{set.Identity[0]}
	got, _ = all(&other, set, 100)
	assert.Equal(t, []*Policy{other.Resource, other.Identity[0]}, got)
	other = *set
	other.Session, other.SCPs = []*Policy{Empty(SessionPolicy)}, [][]*Policy{{fullSCP}, {fullSCP}}
	got, _ = all(&other, set, 100)
	assert.Equal(t, []*Policy{other.Session[0], fullSCP, fullSCP}, got, "other lists of the same length")
}
