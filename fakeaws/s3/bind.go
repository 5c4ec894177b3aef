package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// bind makes the row of an operation of S3. It completes the permissions of a call
// that came through an access point, and the answer to a requester who pays, and sends the
// events that the call causes: the plan too, which looks at buckets whose rules are due.
func bind[I, O any](s *Fake, plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		if err := checkMethod(call); err != nil {
			return nil, err
		}
		p, err := plan(call, in)
		s.deliver(call)
		if err != nil {
			return nil, err
		}
		p.Needs = s.complete(call, p.Needs)
		do := p.Do
		p.Do = func() (O, error) {
			out, err := do()
			s.deliver(call)
			if err == nil && call.Charged() && call.Sent("x-amz-request-payer") {
				setCharged(out)
			}
			return out, err
		}
		return p, nil
	})
}
