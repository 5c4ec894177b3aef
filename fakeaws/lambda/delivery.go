package lambda

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Take implements [fakeaws.Target]: services invoke functions, asynchronously unless they
// wait for the answer.
func (s *Fake) Take(d *fakeaws.Delivery) (input any, err error) {
	if _, ok := parseFunctionARN(d.Target); !ok {
		return nil, errors.New("leastpriv: " + d.Target + " is no function")
	}
	in := &awslambda.InvokeInput{FunctionName: aws.String(d.Target), Payload: d.Body, InvocationType: types.InvocationTypeEvent}
	if d.Answered {
		in.InvocationType = types.InvocationTypeRequestResponse
	}
	return in, nil
}

// Exists implements [fakeaws.Target].
func (s *Fake) Exists(arn string) bool {
	ref, ok := parseFunctionARN(arn)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[ref.id]
	if f == nil {
		return false
	}
	v, _, ok := f.find(ref.qualifier)
	return ok && v != nil
}

// Answer implements [fakeaws.Answerer].
func (s *Fake) Answer(out any) ([]byte, error) {
	answered, ok := out.(*awslambda.InvokeOutput)
	if !ok {
		return nil, errors.New("leastpriv: that is no answer of a function")
	}
	if answered.FunctionError != nil {
		return nil, &FunctionError{answered.Payload}
	}
	return answered.Payload, nil
}

var _ fakeaws.Answerer = (*Fake)(nil)
