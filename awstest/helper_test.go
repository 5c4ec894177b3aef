package awstest_test

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// A placed is a test that finds, as testing does, in which file a failure stands: that of the
// first caller which has not called Helper.
type placed struct {
	*recorder
	helpers map[string]bool
	file    string
}

func (p *placed) Helper() {
	pc, _, _, _ := runtime.Caller(1)
	p.helpers[runtime.FuncForPC(pc).Name()] = true
}

func (p *placed) Errorf(format string, args ...any) {
	p.locate()
	p.recorder.Errorf(format, args...)
}

func (p *placed) Fatalf(format string, args ...any) {
	p.locate()
	p.recorder.Fatalf(format, args...)
}

func (p *placed) locate() {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if !p.helpers[frame.Function] || !more {
			p.file = filepath.Base(frame.File)
			return
		}
	}
}

// A failure stands in the test's file, not in ours.
func TestFailuresStandInTheTest(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	user := acct.NewUser("u", awstest.Allow("s3:*").On("*"))
	list := func(p *awstest.Principal) error {
		_, err := s3.NewFromConfig(p.Config()).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket.Name())})
		return err
	}
	allowed, denied := list(user), list(acct.NewUser("nobody"))
	for name, fails := range map[string]func(t awstest.TB){
		"AssertDenied":          func(t awstest.TB) { awstest.AssertDenied(t, allowed, "s3:ListBucket") },
		"RequireDenied":         func(t awstest.TB) { awstest.RequireDenied(t, allowed, "s3:ListBucket") },
		"AssertAllowed":         func(t awstest.TB) { awstest.AssertAllowed(t, denied) },
		"RequireAllowed":        func(t awstest.TB) { awstest.RequireAllowed(t, denied) },
		"AssertError":           func(t awstest.TB) { awstest.AssertError(t, denied, "NoSuchKey") },
		"RequireError":          func(t awstest.TB) { awstest.RequireError(t, denied, "NoSuchKey") },
		"AssertCan":             func(t awstest.TB) { awstest.AssertCan(t, user, "sqs:ListQueues", "*") },
		"AssertCannot":          func(t awstest.TB) { awstest.AssertCannot(t, user, "s3:ListAllMyBuckets", "*") },
		"AssertLeastPrivilege":  func(t awstest.TB) { awstest.AssertLeastPrivilege(t, user) },
		"RequireLeastPrivilege": func(t awstest.TB) { awstest.RequireLeastPrivilege(t, user) },
		"Account.AssertDenied":  func(t awstest.TB) { acct.AssertDenied(t, "sqs:SendMessage") },
		"Account.RequireDenied": func(t awstest.TB) { acct.RequireDenied(t, "sqs:SendMessage") },
		"AssertAssumable": func(t awstest.TB) {
			awstest.AssertAssumable(t, acct.NewRole("r-"+t.Name()[len(t.Name())-3:]), "nobody.amazonaws.com")
		},
		"Cases": func(t awstest.TB) {
			awstest.Cases{{As: user, Call: func(context.Context, aws.Config) error { return allowed }, Want: awstest.WantDenied()}}.Check(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &placed{recorder: &recorder{name: t.Name()}, helpers: map[string]bool{}}
			func() {
				defer func() {
					if r := recover(); r != nil && r != (stop{}) {
						panic(r)
					}
				}()
				fails(p)
			}()
			assert.NotEmpty(t, p.errors)
			assert.Equal(t, "helper_test.go", p.file, p.errors)
		})
	}
}
