package lambda

import (
	"context"
	"encoding/json"
	"io"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Runtime runs the code of a function. It is the test's own, and runs in clones of its
// World too: all that it needs to know of the World is in the invocation.
type Runtime interface {
	// Invoke runs the code once and returns what it answers. An error is the function's: a
	// [*FunctionError] has the document that AWS answers with, of others it is made. The
	// context ends when the function's time is over.
	Invoke(ctx context.Context, i *Invocation) ([]byte, error)
}

// code is a Runtime, or none.
type code struct{ Runtime }

// A FunctionError is an error of a function that says itself how it is answered: a JSON
// document with errorMessage and errorType.
type FunctionError struct{ Payload []byte }

// Error implements error.
func (e *FunctionError) Error() string { return string(e.Payload) }

// An Invocation is what the code of a function gets.
type Invocation struct {
	World *fakeaws.World
	// Account and Region are those of the function, FunctionName, Version and ARN its own. The
	// ARN is as the function was invoked: with the qualifier if there was one.
	Account, Region, FunctionName, Version, ARN string
	RequestID                                   string
	Payload                                     []byte
	// ClientContext is the JSON that the caller sent; nil without.
	ClientContext []byte
	Environment   map[string]string
	MemorySize    int
	Timeout       time.Duration
	Role          string
	LogGroup      string
	LogStream     string
	// Log takes what the function writes.
	Log io.Writer

	fake *Fake
	id   functionID
}

// Credentials are those of a session of the execution role. They are the same until they
// expire, as in an execution environment of AWS.
func (i *Invocation) Credentials(ctx context.Context) (aws.Credentials, error) {
	s, err := i.fake.sessionFor(ctx, i.id, i.Role, true)
	if err != nil {
		return aws.Credentials{}, err
	}
	return s.credentials(), nil
}

// SetRuntime has Go code run when a function is invoked, in any version. The function need
// not exist yet.
func (s *Fake) SetRuntime(account, region, name string, r Runtime) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runtimes[functionID{account, region, name}] = code{r}
}

// An errorDocument is how a function's error is answered.
type errorDocument struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

// documentOf is the document of an error. The type of an error is the name of its Go type, as
// aws-lambda-go reports it.
func documentOf(err error) []byte {
	if e, ok := err.(*FunctionError); ok {
		return e.Payload
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return document(err.Error(), t.Name())
}

func document(message, kind string) []byte {
	text, err := json.Marshal(errorDocument{message, kind})
	if err != nil {
		return []byte(`{"errorMessage":"","errorType":"Error"}`) // strings are always written
	}
	return text
}
