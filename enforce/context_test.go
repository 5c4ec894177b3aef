package enforce

import (
	"maps"
	"slices"
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
		{"rule 17: anonymous", Principal{Type: Anonymous}, []string{"", "anonymous", "Anonymous", "", "", "false", "", ""}},
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
