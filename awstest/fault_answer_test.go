package awstest_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A connection that ends before the answer has the call made again: it is performed twice.
func TestDroppedCallsArePerformed(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, options ...awstest.Option) {
		f := newFaultTest(t, options...)
		cfg := quickly(f.Config())
		for action, call := range f.calls() {
			before := len(f.Calls())
			fault := f.Fail(action, awstest.Drop(1))
			err := call(t.Context(), cfg)
			if action == "iam:CreateGroup" {
				awstest.RequireError(t, err, "EntityAlreadyExists")
			} else {
				require.NoError(t, err)
			}
			fault.Stop()
			calls := f.Calls()[before:]
			require.Len(t, calls, 2, action)
			assert.Equal(t, []string{"Drop", ""}, []string{calls[0].Fault, calls[1].Fault})
			assert.Empty(t, calls[0].Code, "it was performed")
		}
		assert.Equal(t, []string{"job", "job"}, f.queue.Bodies())

		f.Fail("sqs:SendMessage", awstest.Drop(1))
		err := f.calls()["sqs:SendMessage"](t.Context(), once(cfg))
		assert.ErrorIs(t, err, io.EOF)
		assert.Len(t, f.queue.Bodies(), 3)
	})
}

// An answer may end in its body, or in its headers where it has none.
func TestPartialAnswers(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, options ...awstest.Option) {
		f := newFaultTest(t, options...)
		cfg := quickly(f.Config())
		f.Fail("s3:GetObject", awstest.Partial(1))
		get := func() (string, error) {
			out, err := s3.NewFromConfig(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv")})
			require.NoError(t, err)
			assert.EqualValues(t, 10, *out.ContentLength)
			defer out.Body.Close()
			body, err := io.ReadAll(out.Body)
			return string(body), err
		}
		body, err := get()
		assert.Equal(t, "01234", body)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		body, err = get()
		require.NoError(t, err)
		assert.Equal(t, "0123456789", body)

		f.Fail("s3:PutObject", awstest.Partial(1))
		before := len(f.Calls())
		require.NoError(t, put(t.Context(), cfg, "new"))
		assert.Len(t, f.Calls()[before:], 2, "an answer without a body is none, and is asked for again")

		cfg = once(cfg)
		f.Fail("s3:HeadObject", awstest.Partial(1))
		_, err = s3.NewFromConfig(cfg).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv")})
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		f.Fail("iam:*", awstest.Partial(1))
		err = f.calls()["iam:CreateGroup"](t.Context(), cfg)
		require.ErrorContains(t, err, "unexpected EOF")
		f.Fail("s3:SelectObjectContent", awstest.Partial(1))
		selected(t, cfg)
	})
}

// selected reads an event stream, of which there is no whole message.
func selected(t *testing.T, cfg aws.Config) {
	out, err := s3.NewFromConfig(cfg).SelectObjectContent(t.Context(), &s3.SelectObjectContentInput{
		Bucket: aws.String("reports"), Key: aws.String("q3.csv"), ExpressionType: types.ExpressionTypeSql, Expression: aws.String("SELECT * FROM S3Object"),
		InputSerialization: &types.InputSerialization{CSV: &types.CSVInput{}}, OutputSerialization: &types.OutputSerialization{CSV: &types.CSVOutput{}},
	})
	require.NoError(t, err)
	stream := out.GetStream()
	defer stream.Close()
	for range stream.Events() {
		t.Error("an event of a stream that was cut off")
	}
	assert.Error(t, stream.Err())
}

// Who waits for an answer that does not come waits until its context ends, and has done
// what it asked for.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, options ...awstest.Option) {
		f := newFaultTest(t, options...)
		for action, call := range f.calls() {
			fault := f.Fail(action, awstest.Timeout())
			before := len(f.Calls())
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // a busy machine takes long until the call is made
			err := call(ctx, f.Config())
			assert.ErrorIs(t, err, context.DeadlineExceeded, action)
			cancel()
			fault.Stop()
			require.Len(t, f.Calls()[before:], 1, action)
		}
		assert.Equal(t, []string{"job"}, f.queue.Bodies())

		// A body may be left that nobody has read.
		fault := f.Fail("s3:PutObject", awstest.Timeout())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s3.NewFromConfig(f.Config()).PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String("reports"), Key: aws.String("q3.csv"), IfNoneMatch: aws.String("*"), Body: bytes.NewReader(make([]byte, 8<<20)),
		})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		fault.Stop()

		// The end of the fault cuts off who still waits.
		fault = f.Fail("sqs:SendMessage", awstest.Timeout())
		failed := make(chan error)
		go func() { failed <- f.calls()["sqs:SendMessage"](context.WithoutCancel(t.Context()), once(f.Config())) }()
		require.Eventually(t, func() bool { return len(f.queue.Bodies()) == 2 }, 10*time.Second, time.Millisecond)
		fault.Stop()
		assert.ErrorIs(t, <-failed, io.EOF)
	})
}

// A slow answer takes the time of the World.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFaultTest(t)
		for action, call := range f.calls() {
			fault := f.Fail(action, awstest.Slow(time.Minute))
			start := time.Now()
			require.NoError(t, call(t.Context(), f.Config()))
			assert.Equal(t, time.Minute, time.Since(start), action)
			fault.Stop()
		}
		f.Fail("s3:PutObject", awstest.Slow(time.Minute))
		start := time.Now()
		done := make(chan error)
		go func() { done <- put(t.Context(), f.Config(), "new") }()
		synctest.Wait()
		f.Advance(time.Hour)
		require.NoError(t, <-done)
		assert.Zero(t, time.Since(start), "the World's clock was moved")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, put(ctx, f.Config(), "new"), context.DeadlineExceeded)
	})
	f := newFaultTest(t, awstest.WithSocket())
	fault := f.Fail("s3:PutObject", awstest.Slow(time.Hour))
	done := make(chan error)
	go func() { done <- put(t.Context(), f.Config(), "new") }()
	require.Eventually(t, func() bool { return len(f.Calls()) == 1 }, 10*time.Second, time.Millisecond)
	fault.Stop()
	require.NoError(t, <-done, "the end of the fault ends the wait")
}
