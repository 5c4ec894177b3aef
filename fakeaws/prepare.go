package fakeaws

import (
	"context"
	"errors"

	"github.com/aws/smithy-go"
)

// A Preparer is a [Target] to whose resources others deliver only when something is there
// that they make themselves: a stream of a log group.
type Preparer interface {
	Target
	// Prepare returns the inputs, in the SDK's types, of what is to be done before a
	// delivery: nothing where all is there. Each is a call of its own by who delivers.
	Prepare(d *Delivery) ([]any, error)
}

// alreadyThere is the code of what somebody else has made meanwhile.
const alreadyThere = "ResourceAlreadyExistsException"

// prepare does what a delivery needs to be there, or asks whether it may be done.
func (w *World) prepare(ctx context.Context, as Actor, target Target, d *Delivery, do func(context.Context, Actor, any) error) error {
	preparer, ok := target.(Preparer)
	if !ok {
		return nil
	}
	inputs, err := preparer.Prepare(d)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		err := do(ctx, as, in)
		var api smithy.APIError
		if err != nil && !(errors.As(err, &api) && api.ErrorCode() == alreadyThere) {
			return err
		}
	}
	return nil
}
