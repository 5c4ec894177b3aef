package fakeaws

import (
	"unsafe"

	"github.com/leastpriv/leastpriv/enforce"
)

// bytes is about how many bytes of memory an event keeps, without the policies of its
// decisions: most of it are the condition keys, whose values clients choose.
func (e *Event) bytes() int {
	n := int(unsafe.Sizeof(*e)) + len(e.Code) + len(e.Message) + len(e.Help) + len(e.AuthorizationID)
	var base *enforce.Context // the decisions of a call share the global keys
	for i := range e.Decisions {
		d := &e.Decisions[i]
		n += int(unsafe.Sizeof(*d) + unsafe.Sizeof(question{}))
		if d.Request == nil {
			continue
		}
		n += len(d.Request.Resource) + d.Request.Context.Bytes()
		if b := d.Request.Context.Base; b != base {
			base = b
			for ; b != nil; b = b.Base {
				n += b.Bytes()
			}
		}
	}
	return n
}

// policies yields the policies that the decisions of an event were made of. Those that
// two decisions in a row have in the same place are yielded once, since most decisions
// of a call differ in the resource alone.
func (e *Event) policies(yield func(*enforce.Policy) bool) {
	last := new(enforce.PolicySet)
	for i := range e.Decisions {
		set := e.Decisions[i].Policies
		if set == nil {
			continue
		}
		if !set.Unlike(last, yield) {
			return
		}
		last = set
	}
}
