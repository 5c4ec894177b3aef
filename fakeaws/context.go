package fakeaws

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// principal fills in what a call's credentials bring to every decision: the
// policies of the caller and the global condition keys, other than those that
// enforce derives from the principal itself. It returns false when the user or
// role behind the credentials exists no more.
func (c *Call) principal(set *enforce.PolicySet, global *enforce.Context) bool {
	global.Grow(globalKeys)
	c.requestKeys(global)
	if s := c.Caller.Session; s != nil {
		set.Session, set.Identity = s.Policies, s.Attached
		global.Base = s.Keys
		global.SetTime("aws:TokenIssueTime", s.Issued)
		// Long-term keys have no MFA keys at all, not false.
		global.SetBool("aws:MultiFactorAuthPresent", s.MFA)
		if s.SourceIdentity != "" {
			global.Set("aws:SourceIdentity", s.SourceIdentity)
		}
		for _, t := range s.Tags {
			global.Set("aws:PrincipalTag/"+t.Key, t.Value)
		}
	}
	switch c.Caller.Type {
	case enforce.Anonymous, enforce.Root, enforce.Service, enforce.WebIdentity, enforce.SAMLIdentity:
		return true // they have no identity-based policies
	}
	if c.Caller.ofRoot() {
		set.Identity = everything
		return true
	}
	return c.World.Directory().Policies(c.Caller, set, func(key, value string) {
		// A session tag replaces the role's tag of the same key.
		if !c.Caller.hasSessionTag(key) {
			global.Set("aws:PrincipalTag/"+key, value)
		}
	})
}

// at has the keys that tell of the time at which a caller asks, over the others that a
// call has: the log keeps those, and makes these again.
func (c *Caller) at(now time.Time, global *enforce.Context) *enforce.Context {
	keys := &enforce.Context{Base: global}
	c.setTime(keys, now)
	return keys
}

func (c *Caller) setTime(keys *enforce.Context, now time.Time) {
	keys.Grow(2)
	keys.SetTime("aws:CurrentTime", now)
	keys.SetTime("aws:EpochTime", now)
	if s := c.Session; s != nil && s.MFA {
		// The code was checked when the credentials were issued.
		keys.Set("aws:MultiFactorAuthAge", strconv.FormatInt(int64(now.Sub(s.Issued)/time.Second), 10))
	}
}

// globalKeys is how many global keys a call has, give or take its tags.
const globalKeys = 8

// hasSessionTag reports whether the session has a tag; tag keys are
// case-insensitive.
func (c *Caller) hasSessionTag(key string) bool {
	if c.Session == nil {
		return false
	}
	for _, t := range c.Session.Tags {
		if strings.EqualFold(t.Key, key) {
			return true
		}
	}
	return false
}

// requestKeys sets the keys that tell of the request itself.
func (c *Call) requestKeys(global *enforce.Context) {
	// The fakes speak plain HTTP on loopback, but stand for AWS's TLS endpoints:
	// a policy that denies insecure transport must not deny every test.
	global.SetBool("aws:SecureTransport", true)
	global.SetBool("aws:ViaAWSService", len(c.calledVia) > 0)
	global.Set("aws:RequestedRegion", c.Region)
	if s := c.source; s != nil {
		// The keys against the confused deputy. Such a call comes from no address.
		if s.SourceARN != "" {
			global.Set("aws:SourceArn", s.SourceARN)
		}
		if s.SourceAccount != "" {
			global.Set("aws:SourceAccount", s.SourceAccount)
		}
	} else if len(c.calledVia) == 0 {
		global.Set("aws:SourceIp", c.SourceIP)
	}
	if via := c.calledVia; len(via) > 0 {
		global.SetMulti("aws:CalledVia", slices.Clone(via))
		global.Set("aws:CalledViaFirst", via[0])
		global.Set("aws:CalledViaLast", via[len(via)-1])
	}
	if c.UserAgent != "" {
		global.Set("aws:UserAgent", c.UserAgent)
	}
	if c.Referer != "" {
		global.Set("aws:Referer", c.Referer)
	}
}
