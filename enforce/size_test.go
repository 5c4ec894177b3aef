package enforce

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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

// All yields the policies of every layer, and stops when it is told to.
func TestPoliciesOfASet(t *testing.T) {
	t.Parallel()
	set := everyLayer()
	want := []*Policy{set.Boundary, set.Resource, set.Endpoint, set.Identity[0], set.Session[0], fullSCP, fullSCP, fullRCP}
	assert.Equal(t, want, slices.Collect(set.All()))
	for most := 1; most <= len(want); most++ {
		var some []*Policy
		for p := range set.All() {
			if some = append(some, p); len(some) == most {
				break
			}
		}
		assert.Equal(t, want[:most], some)
	}
	assert.Empty(t, slices.Collect(new(PolicySet).All()))
}

// everyLayer is a set with policies in all layers.
func everyLayer() *PolicySet {
	return &PolicySet{
		Identity: []*Policy{Empty(IdentityPolicy), nil}, Boundary: Empty(IdentityPolicy), Resource: Empty(BucketPolicy), Endpoint: Empty(EndpointPolicy),
		Session: []*Policy{Empty(SessionPolicy)}, SCPs: [][]*Policy{{fullSCP}, {fullSCP}}, RCPs: [][]*Policy{{fullRCP}},
	}
}

// Sets are equal that decide alike: a layer that is there and empty is another than one
// that is absent. A field that Equal did not look at would be found here.
func TestEqualSets(t *testing.T) {
	t.Parallel()
	set := everyLayer()
	clone := *set
	clone.Identity, clone.SCPs = slices.Clone(set.Identity), [][]*Policy{slices.Clone(set.SCPs[0]), set.SCPs[1]}
	assert.True(t, set.Equal(&clone))
	assert.True(t, new(PolicySet).Equal(new(PolicySet)))
	fields := reflect.ValueOf(set).Elem()
	for i := range fields.NumField() {
		field, name := fields.Field(i), fields.Type().Field(i).Name
		var others []reflect.Value
		switch field.Interface().(type) {
		case *Policy:
			others = []reflect.Value{reflect.ValueOf(Empty(IdentityPolicy)), reflect.Zero(field.Type())}
		case bool:
			others = []reflect.Value{reflect.ValueOf(!field.Bool())}
		case []*Policy:
			others = []reflect.Value{reflect.ValueOf([]*Policy{Empty(IdentityPolicy), nil}), reflect.ValueOf([]*Policy{}), reflect.Zero(field.Type())}
		default:
			others = []reflect.Value{reflect.ValueOf([][]*Policy{{fullSCP, fullSCP}}), reflect.ValueOf([][]*Policy{{}, nil}), reflect.ValueOf([][]*Policy{}), reflect.Zero(field.Type())}
		}
		for n, value := range others {
			one, other := *set, *set
			reflect.ValueOf(&one).Elem().Field(i).Set(value)
			assert.False(t, one.Equal(set), "%s %d", name, n)
			assert.False(t, set.Equal(&one), "%s %d", name, n)
			for m, another := range others {
				reflect.ValueOf(&other).Elem().Field(i).Set(another)
				assert.Equal(t, n == m, one.Equal(&other), "%s %d %d", name, n, m)
			}
		}
	}
}

func TestEqualContexts(t *testing.T) {
	t.Parallel()
	at := time.Unix(1795379205, 0)
	changes := []func(*Context){
		func(*Context) {},
		func(c *Context) { c.Set("a", "other") },
		func(c *Context) { c.Set("A", "text") }, // is spelled otherwise
		func(c *Context) { c.Set("more", "x") },
		func(c *Context) { c.SetAbsent("a") },
		func(c *Context) { c.SetBinary("a", []byte("text")) },
		func(c *Context) { c.SetMulti("many", []string{"x", "z"}) },
		func(c *Context) { c.Set("many", "") },
		func(c *Context) { c.SetTime("time", at.Add(time.Microsecond)) },
		func(c *Context) { c.Base.Set("b", "other") },
		func(c *Context) { c.Base = nil },
		func(c *Context) { c.Base = &Context{Base: c.Base} },
	}
	contextOf := func(change func(*Context)) *Context {
		c := &Context{Base: new(Context)}
		c.Grow(10)
		c.Set("a", "text")
		c.SetMulti("many", []string{"x", "y"})
		c.SetTime("time", at)
		c.Base.Set("b", "beneath")
		change(c)
		return c
	}
	for i, one := range changes {
		for j, other := range changes {
			c := contextOf(other)
			assert.Equal(t, i == j, contextOf(one).Equal(c), "%d %d", i, j)
			before := c.Bytes()
			c.Clip()
			assert.Less(t, c.Bytes(), before)
			assert.Equal(t, i == j, contextOf(one).Equal(c), "%d %d", i, j)
		}
	}
	assert.True(t, new(Context).Equal(new(Context)))
}
