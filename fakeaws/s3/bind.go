package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// bind makes the row of an operation of S3.
func bind[I, O any](_ *Fake, plan func(*fakeaws.Call, *I) (*fakeaws.Plan[O], error)) fakeaws.Op {
	return fakeaws.Bind(plan)
}
