package fakeaws

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Need is one permission that a call requires: what a service's plan says, before
// the pipeline has added who asks.
type Need struct {
	// Action and Resource are those of an [enforce.Request].
	Action   string
	Resource string
	// ResourceAccount owns the resource where its ARN does not say who does.
	ResourceAccount string
	// Name is how AWS prints the resource in a denial where that is not the
	// ARN: "user alice", or "-" where AWS names no resource at all.
	Name string
	// Policy is the resource-based policy that guards the resource, if any. That of a
	// role or a KMS key must be there.
	Policy *enforce.Policy
	// Alternatives are what may allow the permission where the policies do not: the grants
	// of a KMS key.
	Alternatives []Alternative
	// Context holds the condition keys of this permission, with the tags of the
	// resource; the pipeline adds the global keys.
	Context enforce.Context
	// Unknown says what of the permission the request does not tell; nil is nothing.
	Unknown *enforce.Unknown
	// Note is why the permission is asked, or what else a denial may mean, where that is
	// easy to miss. The log has it as the Help of a call that is denied.
	Note string
	// Entry is the 1-based index of the batch entry that the permission guards.
	// Zero guards the whole call. A denied entry does not stop the call.
	Entry int
	// Optional is a permission whose denial only takes something out of the answer:
	// what Entry numbers. It is not among those that the call needs.
	Optional bool

	// refused is the call that a denial of this permission ends; nil before.
	refused *Call
}

// OfKMS reports whether the permission is one on a KMS key: another service, which uses
// the key for the caller, repeats the words of KMS when it is denied.
func (n *Need) OfKMS() bool { return strings.HasPrefix(n.Action, "kms:") }

// Style is how a service, by the prefix of its IAM actions, words the denial of the
// permission. It gives the authorization id of the call away, where the World has one: a
// service calls it only for a text that the caller gets.
func (n *Need) Style(service string) enforce.MessageStyle {
	if n.OfKMS() {
		service = "kms"
	}
	style := enforce.DenialOf(service, n.Action).Style
	style.Name = n.Name
	if n.refused != nil {
		style.AuthorizationID, style.Region = n.refused.authorizationID(), n.refused.Region
	}
	return style
}
