package enforce

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContext(t *testing.T) {
	t.Parallel()
	base := new(Context)
	base.Set("aws:SourceIp", "203.0.113.7")
	base.Set("aws:RequestedRegion", "us-east-1")
	c := Context{Base: base}
	c.Grow(4)
	c.Set("aws:ResourceTag/Team", "data")
	c.SetMulti("aws:TagKeys", []string{"a", "b"})
	c.SetBool("aws:SecureTransport", true)
	c.SetTime("aws:CurrentTime", time.Date(2026, 11, 22, 20, 26, 45, 0, time.FixedZone("", 3600)))
	c.SetTime("aws:EpochTime", time.Unix(1795379205, 0))
	c.Set("AWS:requestedregion", "eu-west-1")
	c.Set("aws:resourcetag/TEAM", "ops") // replaces Team

	got := maps.Collect(c.All())
	assert.Equal(t, map[string][]string{
		"aws:resourcetag/TEAM": {"ops"},
		"aws:TagKeys":          {"a", "b"},
		"aws:SecureTransport":  {"true"},
		"aws:CurrentTime":      {"2026-11-22T19:26:45Z"},
		"aws:EpochTime":        {"1795379205"},
		"AWS:requestedregion":  {"eu-west-1"},
		"aws:SourceIp":         {"203.0.113.7"},
	}, got)
	var order []string
	for key := range c.All() {
		order = append(order, key)
	}
	assert.Equal(t, "aws:SourceIp", order[len(order)-1], "Base comes last")
	for range c.All() {
		break // a consumer may stop early
	}
	require.NotNil(t, c.find(newConditionKey("aws:sourceip")))
	assert.Nil(t, c.find(newConditionKey("aws:referer")))
	assert.Nil(t, new(Context).find(newConditionKey("aws:referer")))
}

// A Context of many keys is found by an index, and holds the same as one of few: also
// when copies of it go different ways.
func TestContextOfManyKeys(t *testing.T) {
	t.Parallel()
	key := func(i int) string { return "aws:RequestTag/" + strconv.Itoa(i) }
	var c Context
	for i := range 3 * manyKeys {
		c.Set(key(i), "old")
	}
	fork := Context{entries: slices.Clip(c.entries), index: c.index}
	for i := range 4 * manyKeys { // the last of them are new
		c.Set(strings.ToUpper(key(i)), "new")
	}
	fork.Set(key(4*manyKeys), "fork")
	fork.Set(key(3*manyKeys), "fork")
	fork.Set(key(3*manyKeys), "again")
	c.SetAbsent(key(0))
	got := maps.Collect(c.All())
	assert.Len(t, got, 4*manyKeys-1)
	assert.Equal(t, []string{"new"}, got[strings.ToUpper(key(3*manyKeys))])
	forked := maps.Collect(fork.All())
	assert.Len(t, forked, 3*manyKeys+2)
	assert.Equal(t, []string{"again"}, forked[key(3*manyKeys)])
	assert.Equal(t, []string{"fork"}, forked[key(4*manyKeys)])
	over := maps.Collect((&Context{Base: &c, entries: []entry{{newConditionKey(key(1)), value{one: "top"}}}}).All())
	assert.Equal(t, []string{"top"}, over[key(1)])
	assert.Len(t, over, 4*manyKeys-1)
}

// To set a key costs no more among many others. Were it to look at each of them, the
// test would not end.
func TestContextSetIsNotLinear(t *testing.T) {
	t.Parallel()
	var c Context
	for i := range 1 << 18 {
		c.Set("aws:RequestTag/"+strconv.Itoa(i), "")
	}
	n := 0
	for range c.All() {
		n++
	}
	assert.Equal(t, 1<<18, n)
}

// A clone and its context are set apart from each other, also where they are many keys.
func TestContextClone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3 * manyKeys} {
		var base, c Context
		base.Set("b", "base")
		c.Base = &base
		c.Grow(2 * n)
		key := func(i int) string { return "k" + strconv.Itoa(i) }
		for i := range n {
			c.Set(key(i), "before")
		}
		clone := c.Clone()
		clone.Set(key(0), "clone")
		clone.SetMulti(key(n), []string{"clone"})
		c.Set(key(n+1), "context")
		value := func(c *Context, name string) string {
			v := c.find(newConditionKey(name))
			if v == nil {
				return ""
			}
			return strings.Join(v.texts(), ",")
		}
		names := []string{"b", key(0), key(n - 1), key(n), key(n + 1)}
		var of, ofClone []string
		for _, name := range names {
			of, ofClone = append(of, value(&c, name)), append(ofClone, value(&clone, name))
		}
		last := "before"
		if n == 1 {
			last = "clone" // the first key too
		}
		assert.Equal(t, []string{"base", "before", "before", "", "context"}, of)
		assert.Equal(t, []string{"base", "clone", last, "clone", ""}, ofClone)
	}
}

func TestContextOver(t *testing.T) {
	t.Parallel()
	var bottom, middle, top Context
	bottom.Set("a", "bottom")
	bottom.Set("b", "bottom")
	middle.Set("a", "middle")
	top.Base = &middle
	top.Set("c", "top")
	joined := top.Over(&bottom)
	keys := slices.Sorted(maps.Keys(maps.Collect(joined.All())))
	assert.Equal(t, []string{"a", "b", "c"}, keys)
	assert.Equal(t, "middle", joined.find(newConditionKey("a")).one)
	assert.Nil(t, top.find(newConditionKey("b")), "the context itself is unchanged")
}

// A Context that has a key itself is asked first: a service can know better.
func TestContextBeforeThePrincipal(t *testing.T) {
	t.Parallel()
	e := &eval{req: ask(userOf(account, "alice"), "s3:GetObject", "*", "aws:userid", "another")}
	assert.Equal(t, "another", e.value(newConditionKey("aws:userid")).one)
	assert.Equal(t, "alice", e.value(newConditionKey("aws:username")).one)
}

// rule 17 and rule 32: the keys that tell about the caller.
func TestPrincipalKeys(t *testing.T) {
	t.Parallel()
	keys := []string{"aws:PrincipalArn", "aws:userid", "aws:PrincipalType", "aws:username", "aws:PrincipalAccount",
		"aws:PrincipalIsAWSService", "aws:PrincipalServiceName", "aws:ResourceAccount"}
	for _, c := range []struct {
		name      string
		principal Principal
		want      []string
	}{
		{"rule 17: user", userOf(account, "alice"), []string{"arn:aws:iam::" + account + ":user/alice",
			"AIDAEXAMPLEALICE" + account, "User", "alice", account, "false", "", account}},
		{"rule 17: role session", sessionOf(account, "path/r", "s"), []string{"arn:aws:iam::" + account + ":role/path/r",
			"AROAEXAMPLER" + account + ":s", "AssumedRole", "", account, "false", "", account}},
		{"rule 17: federated user", federatedOf(account, "alice", "bob"), []string{"arn:aws:sts::" + account + ":federated-user/bob",
			account + ":bob", "FederatedUser", "", account, "false", "", account}},
		{"rule 17: root", rootOf(account), []string{"arn:aws:iam::" + account + ":root", account, "Account", "", account, "false", "", account}},
		{"rule 17: anonymous", Principal{Type: Anonymous}, []string{"", "anonymous", "Anonymous", "", "anonymous", "", "", ""}},
		{"rule 32: web identity", Principal{Type: WebIdentity, Service: "accounts.google.com"}, []string{"", "", "", "", "anonymous", "", "", ""}},
		{"rule 32: service", serviceCalled("s3.amazonaws.com"), []string{"", "", "", "", "", "true", "s3.amazonaws.com", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := &eval{req: &Request{Principal: c.principal}}
			for i, key := range keys {
				got := ""
				if v := e.value(newConditionKey(key)); v != nil {
					got = v.one
				}
				assert.Equal(t, c.want[i], got, key)
			}
		})
	}
}

// Bytes compare with what BinaryEquals has in base64, and are base64 for all else.
func TestBinaryValues(t *testing.T) {
	t.Parallel()
	raw := []byte{0xfe, 0x00, 'a', 0xff}
	const text = "/gBh/w=="
	for condition, want := range map[string]bool{
		`{"BinaryEquals":{"k":"` + text + `"}}`:               true,
		`{"BinaryEquals":{"k":"aGk="}}`:                       false,
		`{"StringEquals":{"k":"` + text + `"}}`:               true,
		`{"Null":{"k":"false"}}`:                              true,
		`{"ForAllValues:BinaryEquals":{"k":"aGk="}}`:          false,
		`{"ForAnyValue:BinaryEquals":{"k":["` + text + `"]}}`: true,
	} {
		req := ask(userOf(account, "alice"), "s3:GetObject", objectARN)
		req.Context.SetBinary("k", raw)
		set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", `"Condition":`+condition))}}
		assert.Equal(t, want, verdict(req, set) == Allowed, condition)
		for key, values := range req.Context.All() {
			assert.Equal(t, "k", key)
			assert.Equal(t, []string{text}, values)
		}
	}
	// Text that is set as it is compares with the decoded bytes, as before.
	set := &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", `"Condition":{"BinaryEquals":{"k":"aGk="}}`))}}
	assert.Equal(t, Allowed, verdict(ask(userOf(account, "alice"), "s3:GetObject", objectARN, "k", "hi"), set))
	empty := ask(userOf(account, "alice"), "s3:GetObject", objectARN)
	empty.Context.SetBinary("k", nil)
	set = &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", `"Condition":{"ForAllValues:BinaryEquals":{"k":"aGk="}}`))}}
	assert.Equal(t, Allowed, verdict(empty, set), "an empty set")
}

// A key that is absent is neither derived nor looked for in Base, until it is set again.
func TestAbsentKeys(t *testing.T) {
	t.Parallel()
	allowedWhen := func(condition string) *PolicySet {
		return &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", `"Condition":`+condition))}}
	}
	derived := []string{"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "aws:PrincipalIsAWSService", "aws:userid", "aws:username", "aws:ResourceAccount"}
	for _, key := range derived {
		req := ask(userOf(account, "alice"), "s3:GetObject", objectARN)
		there, absent := allowedWhen(`{"Null":{"`+key+`":"false"}}`), allowedWhen(`{"Null":{"`+key+`":"true"}}`)
		assert.Equal(t, Allowed, verdict(req, there), key)
		req.Context.SetAbsent(strings.ToUpper(key))
		assert.Equal(t, ImplicitDeny, verdict(req, there), key)
		assert.Equal(t, Allowed, verdict(req, absent), key)
		req.Context.Set(key, "given")
		assert.Equal(t, Allowed, verdict(req, allowedWhen(`{"StringEquals":{"`+key+`":"given"}}`)), key)
	}
	req := ask(userOf(account, "alice"), "s3:GetObject", objectARN)
	req.Context.Base = new(Context)
	req.Context.Base.Set("k", "v")
	req.Context.Base.Set("l", "w")
	req.Context.SetAbsent("K")
	assert.Equal(t, Allowed, verdict(req, allowedWhen(`{"Null":{"k":"true"},"StringEquals":{"l":"w"}}`)))
	var keys []string
	for key := range req.Context.All() {
		keys = append(keys, key)
	}
	assert.Equal(t, []string{"l"}, keys)
	assert.Equal(t, ImplicitDeny, verdict(req, allowedWhen(`{"StringEquals":{"l":"${k}"}}`)), "a variable has no value")
}

// A copy that has set a key does not set it in what it is a copy of.
func TestManyKeysOfACopy(t *testing.T) {
	t.Parallel()
	var c Context
	for i := range manyKeys {
		c.Set(fmt.Sprint("a:", i), "v")
	}
	c.Set("a:0", "w")
	c.entries = slices.Clip(c.entries)
	other := c
	other.Set("a:new", "other")
	assert.Negative(t, c.place(newConditionKey("a:new")))
	c.Set("a:new", "own")
	assert.Equal(t, "own", c.find(newConditionKey("a:new")).one)
	assert.Equal(t, "other", other.find(newConditionKey("a:new")).one)
}
