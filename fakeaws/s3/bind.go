package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// bind makes the row of an operation of S3. It completes the permissions of a call
// that came through an access point.
func bind[I, O any](s *Fake, plan func(*fakeaws.Call, *I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in *I) (*fakeaws.Plan[O], error) {
		p, err := plan(call, in)
		if p != nil {
			p.Needs = s.complete(call, p.Needs)
		}
		return p, err
	})
}
