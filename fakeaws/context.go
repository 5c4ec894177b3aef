package fakeaws

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// principal fills in what a call's credentials bring to every decision: the
// policies of the caller and the global condition keys. It returns false when
// the user or role behind the credentials exists no more.
func (c *Call) principal(set *enforce.PolicySet, global *enforce.Context) bool {
	global.Grow(24)
	c.requestKeys(global)
	p := &c.Caller.Principal
	switch p.Type {
	case enforce.Anonymous:
		global.Set("aws:PrincipalType", string(p.Type))
		global.Set("aws:userid", "anonymous")
		global.SetBool("aws:PrincipalIsAWSService", false)
		return true
	case enforce.Service:
		global.SetBool("aws:PrincipalIsAWSService", true)
		global.Set("aws:PrincipalServiceName", p.Service)
		return true
	}
	global.SetBool("aws:PrincipalIsAWSService", false)
	global.Set("aws:PrincipalType", string(p.Type))
	global.Set("aws:PrincipalAccount", p.Account)
	global.Set("aws:userid", p.UserID)
	// The ARN of a role session is that of its role in this key.
	if p.Type == enforce.AssumedRole {
		global.Set("aws:PrincipalArn", p.IssuerARN)
	} else {
		global.Set("aws:PrincipalArn", p.ARN)
	}
	if p.UserName != "" {
		global.Set("aws:username", p.UserName)
	}
	// Session tags replace the role's tags of the same key, which is
	// case-insensitive; the first value set wins.
	if s := c.Caller.Session; s != nil {
		global.SetTime("aws:TokenIssueTime", s.Issued)
		// Long-term keys have no MFA keys at all, not false.
		global.SetBool("aws:MultiFactorAuthPresent", s.MFA)
		if s.SourceIdentity != "" {
			global.Set("aws:SourceIdentity", s.SourceIdentity)
		}
		for _, t := range s.Tags {
			global.Set("aws:PrincipalTag/"+t.Key, t.Value)
		}
		set.Session = s.Policies
	}
	if p.Type == enforce.Root {
		return true
	}
	return c.World.Directory().Policies(c.Caller, set, func(key, value string) {
		if !c.Caller.hasSessionTag(key) {
			global.Set("aws:PrincipalTag/"+key, value)
		}
	})
}

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
	global.SetTime("aws:CurrentTime", c.Time)
	global.SetTime("aws:EpochTime", c.Time)
	// The fakes speak plain HTTP on loopback, but stand for AWS's TLS endpoints:
	// a policy that denies insecure transport must not deny every test.
	global.SetBool("aws:SecureTransport", true)
	global.SetBool("aws:ViaAWSService", false)
	global.Set("aws:RequestedRegion", c.Region)
	global.Set("aws:SourceIp", c.SourceIP)
	if c.UserAgent != "" {
		global.Set("aws:UserAgent", c.UserAgent)
	}
	if c.Referer != "" {
		global.Set("aws:Referer", c.Referer)
	}
}
