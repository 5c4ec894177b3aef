// Package retry says which deliveries between services are tried again, and when, for the
// services whose targets have retry policies: Amazon EventBridge and EventBridge Scheduler.
package retry

import (
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// The defaults of a retry policy ("24 hours and up to 185 times with an exponential back off
// and jitter"). How long the first retry waits, and the longest, is unverified; there is no
// jitter, so that tests find the same times.
const (
	defaultAttempts = 185
	defaultAge      = 24 * time.Hour
	first           = time.Second
	longest         = 10 * time.Minute
)

// The limits of a retry policy, as dead letters name them.
const (
	Attempts = "MaximumRetryAttempts"
	Age      = "MaximumEventAgeInSeconds"
)

// A Policy bounds the retries of a delivery.
type Policy struct {
	attempts int
	age      time.Duration
}

// NewPolicy is the policy of a target: what is not given is AWS's default.
func NewPolicy(attempts, seconds *int32) Policy {
	p := Policy{defaultAttempts, defaultAge}
	if attempts != nil {
		p.attempts = int(*attempts)
	}
	if seconds != nil {
		p.age = time.Duration(*seconds) * time.Second
	}
	return p
}

// Next is when a delivery is tried again that was begun at a time and has been tried so
// often; or else which limit it has met.
func (p Policy) Next(begun, now time.Time, tried int) (at time.Time, exhausted string) {
	if tried > p.attempts {
		return time.Time{}, Attempts
	}
	wait := longest
	if n := tried - 1; n < 10 {
		wait = min(first<<n, longest)
	}
	if at = now.Add(wait); at.Sub(begun) > p.age {
		return time.Time{}, Age
	}
	return at, ""
}

// A Kind is a sort of errors.
type Kind int

// The kinds of errors, of which the last two are tried again: the others "fail until an
// action is taken to resolve the underlying issue".
const (
	Argument Kind = iota
	Permission
	Resource
	Throttling
	Target
)

// Retried reports whether AWS tries again.
func (k Kind) Retried() bool { return k == Throttling || k == Target }

// Sort says of which kind an error of AWS is, by its code. That AWS sorts each code so is
// unverified.
func Sort(err smithy.APIError) Kind {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(err.ErrorCode(), part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("AccessDenied", "AuthorizationError", "NotAuthorized", "Unauthorized"):
		return Permission
	case has("NotFound", "NonExistent", "DoesNotExist", "NoSuch"):
		return Resource
	case has("Throttl", "TooManyRequests", "ThroughputExceeded", "RequestLimit", "SlowDown"):
		return Throttling
	case err.ErrorFault() == smithy.FaultServer || has("ServiceUnavailable", "Internal"):
		return Target
	}
	return Argument
}
