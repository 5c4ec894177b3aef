package retry

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
)

func TestNext(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	p := NewPolicy(aws.Int32(2), aws.Int32(3600))
	for tried, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second} {
		at, exhausted := p.Next(begun, begun, tried)
		assert.Equal(t, want, at.Sub(begun))
		assert.Empty(t, exhausted)
	}
	_, exhausted := p.Next(begun, begun, 3)
	assert.Equal(t, Attempts, exhausted)
	_, exhausted = p.Next(begun, begun.Add(time.Hour), 1)
	assert.Equal(t, Age, exhausted)

	// By default a day ends before all attempts are made.
	p, now, tried := NewPolicy(nil, nil), begun, 1
	for ; ; tried++ {
		at, exhausted := p.Next(begun, now, tried)
		if exhausted != "" {
			assert.Equal(t, Age, exhausted)
			break
		}
		now = at
	}
	assert.InDelta(t, 150, tried, 10)
	_, exhausted = NewPolicy(aws.Int32(0), nil).Next(begun, begun, 1)
	assert.Equal(t, Attempts, exhausted, "no retries")
}

func TestSort(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]Kind{
		"AccessDenied": Permission, "AccessDeniedException": Permission, "AuthorizationError": Permission,
		"AWS.SimpleQueueService.NonExistentQueue": Resource, "ResourceNotFoundException": Resource, "NotFound": Resource,
		"ThrottlingException": Throttling, "TooManyRequestsException": Throttling, "ProvisionedThroughputExceededException": Throttling,
		"ServiceUnavailable": Target, "InvalidParameterValue": Argument,
	} {
		got := Sort(&smithy.GenericAPIError{Code: code})
		assert.Equal(t, want, got, code)
		assert.Equal(t, want == Throttling || want == Target, got.Retried(), code)
	}
	assert.Equal(t, Target, Sort(&smithy.GenericAPIError{Code: "Odd", Fault: smithy.FaultServer}))
}
