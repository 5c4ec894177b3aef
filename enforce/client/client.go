// Package client puts the policies in front of any client of the AWS SDK for Go, also of
// services for which there is no fake. [Authorize] is an option of a client; what the
// policies deny is not sent.
package client

import (
	"context"
	"errors"
	"fmt"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A Call is an SDK client's call on its way out.
type Call struct {
	// ServiceID and Operation are the names in AWS's model: "CloudWatch Logs",
	// "PutLogEvents".
	ServiceID, Operation string
	// Region is the client's.
	Region string
	// Input is the SDK's input struct, like *sqs.SendMessageInput.
	Input any
}

// Action returns the IAM action that AWS calls after the operation:
// "logs:PutLogEvents". Where AWS calls it otherwise, [Options.Needs] must say.
func (c *Call) Action() string { return IAMPrefix(c.ServiceID) + ":" + c.Operation }

// IAMPrefix returns the prefix of a service's IAM actions, by the service id of
// its SDK client: "CloudWatch Logs" is "logs".
func IAMPrefix(serviceID string) string { return awsid.IAMPrefix(serviceID) }

// A Need is one permission that a call requires.
type Need struct {
	// Action and Resource are those of an [enforce.Request].
	Action   string
	Resource string
	// ResourceAccount owns the resource where its ARN does not say who does.
	ResourceAccount string
	// Name is how AWS prints the resource in a denial where that is not the
	// ARN: "user alice", or "-" where AWS names no resource at all.
	Name string
	// Policy is the resource-based policy that guards the resource, if any. That of a
	// role or a KMS key must be there.
	Policy *enforce.Policy
	// Context holds the condition keys of this permission.
	Context enforce.Context
}

// Options say who calls, what the policies are, and what a call needs.
type Options struct {
	// Principal is the caller.
	Principal enforce.Principal
	// Policies apply to every call. A Need's own Policy takes the place of
	// Policies.Resource.
	Policies enforce.PolicySet
	// Context holds condition keys of every call; aws:RequestedRegion is added.
	Context enforce.Context
	// Needs returns the permissions that a call requires; nil asks for
	// [Call.Action] on "*".
	Needs func(context.Context, *Call) ([]Need, error)
	// Stub answers an allowed call in place of AWS, with the SDK's output struct.
	// Nil, or [ErrNotStubbed], sends the call on.
	Stub func(context.Context, *Call) (output any, err error)
	// Encode makes the encoded message that EC2 adds to a denial, for
	// sts:DecodeAuthorizationMessage. Nil leaves it out.
	Encode func(*enforce.Decision) string
	// Decided sees every decision, in the order of the needs.
	Decided func(*Call, *enforce.Decision)
}

// ErrNotStubbed is what a Stub answers about a call that is not its business.
var ErrNotStubbed = errors.New("not stubbed")

// Authorize returns an option for an SDK client (aws.Config.APIOptions) that asks
// the policies before anything is sent. A denied call returns a
// *smithy.GenericAPIError with AWS's code and message.
func Authorize(o Options) func(*middleware.Stack) error {
	m := &authorize{o}
	return func(stack *middleware.Stack) error {
		// After validation of the input, as AWS validates before it authorizes.
		return stack.Initialize.Add(m, middleware.After)
	}
}

// authorize is shared by all calls and never changes.
type authorize struct{ Options }

// ID implements middleware.InitializeMiddleware.
func (*authorize) ID() string { return "client:Authorize" }

// HandleInitialize implements middleware.InitializeMiddleware.
func (m *authorize) HandleInitialize(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
	call := &Call{
		ServiceID: awsmiddleware.GetServiceID(ctx),
		Operation: awsmiddleware.GetOperationName(ctx),
		Region:    awsmiddleware.GetRegion(ctx),
		Input:     in.Parameters,
	}
	if err := m.decide(ctx, call); err != nil {
		return out, metadata, err
	}
	if m.Stub != nil {
		output, err := m.Stub(ctx, call)
		if !errors.Is(err, ErrNotStubbed) {
			return middleware.InitializeOutput{Result: output}, metadata, err
		}
	}
	return next.HandleInitialize(ctx, in)
}

// decide asks about each permission that the call needs; the first that is
// denied makes the error.
func (m *authorize) decide(ctx context.Context, call *Call) error {
	needs := []Need{{Action: call.Action(), Resource: "*"}}
	if m.Needs != nil {
		var err error
		if needs, err = m.Needs(ctx, call); err != nil {
			return fmt.Errorf("what %s needs: %w", call.Action(), err)
		}
	}
	shared := enforce.Context{Base: &m.Context}
	if call.Region != "" {
		shared.Set("aws:RequestedRegion", call.Region)
	}
	for i := range needs {
		need := &needs[i]
		req := &enforce.Request{Principal: m.Principal, Action: need.Action, Resource: need.Resource,
			ResourceAccount: need.ResourceAccount, Context: need.Context.Over(&shared)}
		set := m.Policies
		if need.Policy != nil {
			set.Resource = need.Policy
		}
		d := enforce.Evaluate(req, &set)
		if m.Decided != nil {
			m.Decided(call, &d)
		}
		if !d.Allowed() {
			return m.denial(call, need, &d)
		}
	}
	return nil
}

// denial is the error that the call's service answers.
func (m *authorize) denial(call *Call, need *Need, d *enforce.Decision) error {
	denial := enforce.DenialOf(IAMPrefix(call.ServiceID), need.Action)
	denial.Style.Name = need.Name
	message := d.Message(denial.Style)
	if m.Encode != nil && denial.Encoded {
		message = "You are not authorized to perform this operation. " + message + ". Encoded authorization failure message: " + m.Encode(d)
	}
	return &smithy.GenericAPIError{Code: denial.Code, Message: message, Fault: smithy.FaultClient}
}
