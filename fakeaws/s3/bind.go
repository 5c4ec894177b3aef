package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// bind makes the row of an operation of S3. It completes the permissions of a call
// that came through an access point, and the answer to a requester who pays.
func bind[I, O any](s *Fake, plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		p, err := plan(call, in)
		if err != nil {
			return nil, err
		}
		p.Needs = s.complete(call, p.Needs)
		if call.Sent("x-amz-request-payer") {
			do := p.Do
			p.Do = func() (O, error) {
				out, err := do()
				if err == nil && call.Charged() {
					setCharged(out)
				}
				return out, err
			}
		}
		return p, nil
	})
}
