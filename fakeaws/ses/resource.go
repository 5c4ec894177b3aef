package ses

import (
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// A kind is a type of resources, which have names in a region.
type kind[T comparable] struct {
	// prefix stands before the name in ARNs.
	prefix string
	in     func(*region) map[string]T
	tags   func(T) map[string]string
	// missing and exists are the errors about a name.
	missing, exists func(call *fakeaws.Call, name string) error
}

// find is the resource of a name in the caller's account; the zero value when there is none.
// The lock is held.
func (k *kind[T]) find(s *Fake, call *fakeaws.Call, name string) T {
	return k.in(s.seen(placeOf(call)))[name]
}

// need is a permission on the resource of a name. The lock is held.
func (k *kind[T]) need(s *Fake, call *fakeaws.Call, action, name string, keys ...contextKey) fakeaws.Need {
	var none T
	var tags map[string]string
	if x := k.find(s, call, name); x != none && k.tags != nil {
		tags = k.tags(x)
	}
	n := need(call, action, placeOf(call), k.prefix+name, tags, keys...)
	return n
}

// on plans an operation on a resource, which takes the permission of its own name. The
// function do performs it under the lock on what was judged: what is gone since does not exist,
// also if there is another of its name.
func on[T comparable, O any](s *Fake, call *fakeaws.Call, k *kind[T], name string, do func(*region, T) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	judged := k.find(s, call, name)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{k.need(s, call, call.Operation, name, keys...)}, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var nothing T
		if judged == nothing || k.find(s, call, name) != judged {
			return none, k.missing(call, name)
		}
		return do(s.in(placeOf(call)), judged)
	}}, nil
}

// create plans an operation that makes a resource. Tags take a permission of their own ("API
// operations defined by Amazon SES" of the Service Authorization Reference).
func create[T comparable, O any](s *Fake, call *fakeaws.Call, k *kind[T], name string, tags map[string]string, do func(*region) (T, O, error)) (*fakeaws.Plan[O], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []contextKey
	if len(tags) > 0 {
		keys = append(keys, requestTags(tags))
	}
	plan := &fakeaws.Plan[O]{Needs: []fakeaws.Need{k.need(s, call, call.Operation, name, keys...)}}
	if len(tags) > 0 {
		plan.Needs = append(plan.Needs, k.need(s, call, "TagResource", name, keys...))
	}
	plan.Do = func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		r := s.in(placeOf(call))
		var nothing T
		if k.in(r)[name] != nothing {
			return none, k.exists(call, name)
		}
		if len(k.in(r)) >= maxResources {
			return none, limitExceeded(call, textManyResources, maxResources)
		}
		x, out, err := do(r)
		if err != nil {
			return none, err
		}
		k.in(r)[name] = x
		return out, nil
	}
	return plan, nil
}

// maxResources is how many resources of a type an account has in a region: the default quota
// of identities, configuration sets and templates is 10,000 and 20,000 ("Service quotas in
// Amazon SES"); that of the others is unverified.
const maxResources = 10_000

// pageOf is a page of the resources of a kind, in order of name. Tokens that SES did not make
// are refused.
func pageOf[T, I any](call *fakeaws.Call, all map[string]T, token *string, size int, show func(name string, x T) (I, bool)) (page.Page[I], error) {
	after, ok := page.After(token)
	if !ok {
		return page.Page[I]{}, invalidToken(call)
	}
	names := slices.Sorted(maps.Keys(all))
	return page.Of(page.Sorted(names, func(name string) string { return name }), after, size, func(name string) (I, bool) {
		return show(name, all[name])
	}), nil
}
