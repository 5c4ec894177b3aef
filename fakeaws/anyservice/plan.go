package anyservice

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Handler answers the calls of an operation in the place of the service.
type Handler interface {
	// Handle answers a call that is allowed, of the request as it came.
	Handle(ctx context.Context, msg *fakeaws.Message, requestID string) (*wire.Response, error)
}

// Stub has a handler answer an operation; nil takes it away. The error says that the service
// has no such operation.
func (f *Fake) Stub(operation string, h Handler) error {
	if modelOf(f.api)().Operation(operation) == nil {
		return fmt.Errorf("%s has no operation %s", f.api.ID, operation)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stubs == nil {
		f.stubs = make(map[string]Handler)
	}
	if h == nil {
		delete(f.stubs, operation)
	} else {
		f.stubs[operation] = h
	}
	return nil
}

// SetUpstream has another emulator answer what no stub does; nil takes it away.
func (f *Fake) SetUpstream(u *Upstream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upstream = u
}

// plan plans a call: its permissions are those that the catalog says, and the roles that it
// passes.
func (f *Fake) plan(call *fakeaws.Call, msg *fakeaws.Message, op *operation) (*fakeaws.Plan[*wire.Response], error) {
	plain, err := decompressed(msg)
	if err != nil {
		return nil, err
	}
	r := &request{call: call, msg: plain, sent: msg}
	if err := r.findOwner(); err != nil {
		return nil, err
	}
	needs, err := f.needs(r, op)
	if err != nil {
		return nil, err
	}
	if len(needs) == 0 { // a statement of PartiQL that begins with no word of it
		return nil, invalid("leastpriv cannot tell which permission the request needs.")
	}
	passed, err := f.passes(r, op, needs)
	if err != nil {
		return nil, err
	}
	for i := range passed {
		needs = append(needs, passed[i].need)
	}
	p := &fakeaws.Plan[*wire.Response]{Needs: needs}
	p.Do = func() (*wire.Response, error) {
		if err := f.checkTrust(call, passed); err != nil {
			return nil, err
		}
		return f.answer(r, op, needs)
	}
	return p, nil
}

// answer answers an allowed call: by a stub, by the upstream, or, where it is about the policy
// of a resource, by what is stored.
func (f *Fake) answer(r *request, op *operation, needs []fakeaws.Need) (*wire.Response, error) {
	change, err := f.policyChange(r, op, needs)
	if err != nil {
		return nil, err
	}
	f.mu.RLock()
	stub, upstream := f.stubs[op.name], f.upstream
	f.mu.RUnlock()
	var resp *wire.Response
	switch {
	case stub != nil:
		resp, err = stub.Handle(r.call, r.msg, r.call.RequestID)
	case upstream != nil:
		resp, err = upstream.pass(r, f.api.SigningName)
	case change != nil:
		resp, err = change.answer()
	default:
		return nil, f.unanswered(r.call, needs)
	}
	if err == nil && resp.Status < http.StatusMultipleChoices {
		if change != nil {
			change.apply()
		}
		err = f.learnTags(r, op, needs)
	}
	return resp, err
}

// unanswered is the error of a call that is allowed and that nothing answers.
func (f *Fake) unanswered(call *fakeaws.Call, needs []fakeaws.Need) error {
	asked := make([]string, 0, len(needs))
	for i := range needs {
		asked = append(asked, needs[i].Action+" on "+needs[i].Resource)
		if len(asked) == 3 && len(needs) > 3 {
			asked = append(asked, fmt.Sprintf("%d more", len(needs)-3))
			break
		}
	}
	pkg := f.api.Package
	return &fakeaws.Error{
		Code: "NotImplemented",
		Message: fmt.Sprintf("%s is allowed (%s), and leastpriv has no fake of %s that could answer it. Give the test an answer: "+
			"awstest.Stub(acct, func(ctx context.Context, in *%s.%sInput) (*%s.%sOutput, error) { … }), or have another emulator answer: awstest.WithUpstream(%q, URL).",
			f.api.ID+" "+call.Operation, strings.Join(asked, ", "), f.api.ID, pkg, call.Operation, pkg, call.Operation, pkg),
		Status: http.StatusNotImplemented,
	}
}
