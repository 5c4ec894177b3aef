package asl

import (
	"errors"
	"fmt"
)

// An Env is what expressions are evaluated in.
type Env struct {
	// Data is what "$" is, Context what "$$" is.
	Data, Context any
	// Variable returns the value of a variable; false where there is none.
	Variable func(name string) (any, bool)
	// Random makes a number that is at least 0 and less than 1, and UUID a UUID of version 4.
	Random func() float64
	UUID   func() string

	meter meter
}

// begin makes the environment ready for one evaluation.
func (e *Env) begin() { e.meter.left = maxVisits }

// With returns the environment with other data.
func (e *Env) With(data any) *Env {
	copied := *e
	copied.Data = data
	return &copied
}

// The names of errors that the language defines ("Appendix A: Predefined Error Codes").
const (
	ErrAll              = "States.ALL"
	ErrHeartbeatTimeout = "States.HeartbeatTimeout"
	ErrTimeout          = "States.Timeout"
	ErrTaskFailed       = "States.TaskFailed"
	ErrPermissions      = "States.Permissions"
	ErrResultPath       = "States.ResultPathMatchFailure"
	ErrNoChoice         = "States.NoChoiceMatched"
	ErrIntrinsic        = "States.IntrinsicFailure"
	ErrRuntime          = "States.Runtime"
	ErrDataLimit        = "States.DataLimitExceeded"
)

// An Error is how a state fails: a name, by which retriers and catchers find it, and a cause.
type Error struct{ Name, Cause string }

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// A textError is what went wrong in AWS's words, which are sentences.
type textError string

func (e textError) Error() string { return string(e) }

func said(format string, args ...any) error { return textError(fmt.Sprintf(format, args...)) }

// failure makes an Error of what went wrong, unless it is one.
func failure(name string, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &Error{name, err.Error()}
}
