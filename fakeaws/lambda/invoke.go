package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) invokeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.invoke),
		fakeaws.Bind(s.invokeAsync),
	}
}

// The limits of the developer guide's page "Lambda quotas".
const (
	maxPayload       = 6 << 20
	maxAsyncPayload  = 1 << 20
	maxClientContext = 3583
)

// invoke runs a function, or has it run later.
func (s *Fake) invoke(call *fakeaws.Call, in *awslambda.InvokeInput) (*fakeaws.Plan[*awslambda.InvokeOutput], error) {
	t, err := s.target(call, in, in.FunctionName, in.Qualifier, "lambda:InvokeFunction")
	if err != nil {
		return nil, err
	}
	o, err := s.orderOf(call, t.ref, in)
	if err != nil {
		return nil, err
	}
	needs := []fakeaws.Need{t.need}
	if u := urlOf(call); u != nil {
		needs = s.urlNeeds(u)
	}
	return &fakeaws.Plan[*awslambda.InvokeOutput]{Needs: needs, Do: func() (*awslambda.InvokeOutput, error) {
		if err := s.invokable(t); err != nil {
			return nil, err
		}
		switch in.InvocationType {
		case types.InvocationTypeDryRun:
			return &awslambda.InvokeOutput{StatusCode: http.StatusNoContent}, nil
		case types.InvocationTypeEvent:
			return &awslambda.InvokeOutput{StatusCode: http.StatusAccepted}, s.enqueue(t, o)
		}
		r, err := s.run(call, o)
		if err != nil {
			return nil, err
		}
		out := &awslambda.InvokeOutput{StatusCode: http.StatusOK, ExecutedVersion: &r.version, Payload: r.payload}
		if r.failed {
			out.FunctionError = aws.String("Unhandled")
		}
		if in.LogType == types.LogTypeTail {
			out.LogResult = tail(r.log)
		}
		return out, nil
	}}, nil
}

// orderOf reads an invocation of a request.
func (s *Fake) orderOf(call *fakeaws.Call, ref reference, in *awslambda.InvokeInput) (order, error) {
	o := order{ref: ref, requestID: call.RequestID, payload: bytes.Clone(in.Payload)}
	most := maxPayload
	if in.InvocationType == types.InvocationTypeEvent {
		most = maxAsyncPayload
	}
	if len(in.Payload) > most {
		return o, tooLarge(most, "InvokeFunction")
	}
	if len(o.payload) == 0 {
		o.payload = []byte("{}")
	}
	if err := checkJSON(o.payload); err != nil {
		return o, err
	}
	if in.DurableExecutionName != nil {
		return o, notImplemented("a durable execution")
	}
	if in.ClientContext != nil {
		text, err := base64.StdEncoding.DecodeString(*in.ClientContext)
		if err != nil || !json.Valid(text) || len(text) > maxClientContext {
			return o, &types.InvalidRequestContentException{Message: aws.String("Client context must be a valid Base64-encoded JSON object."), Type: user}
		}
		o.clientContext = text
	}
	return o, nil
}

// tooLarge is the error of a payload over a limit.
func tooLarge(most int, operation string) error {
	return &types.RequestTooLargeException{
		Message: aws.String("Request must be smaller than " + strconv.Itoa(most) + " bytes for the " + operation + " operation"), Type: user,
	}
}

// checkJSON refuses a payload that is no JSON, in the words of Lambda's parser as far as they
// are known: those for other faults than the first character are unverified.
func checkJSON(payload []byte) error {
	if json.Valid(payload) {
		return nil
	}
	const values = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	start := 0
	for start < len(payload) && strings.IndexByte(" \t\r\n", payload[start]) >= 0 {
		start++
	}
	text, column := "Unexpected end-of-input", start+1
	if start < len(payload) {
		switch r, size := utf8.DecodeRune(payload[start:]); {
		case r == utf8.RuneError && size == 1 && payload[start] >= 0xa0:
			text = fmt.Sprintf("Invalid UTF-8 start byte 0x%x", payload[start])
		case unicode.IsLetter(r) && payload[start] < utf8.RuneSelf:
			text, column = badToken(payload, start)
		case unicode.IsControl(r) || r == utf8.RuneError:
			text = fmt.Sprintf("Unexpected character ((CTRL-CHAR, code %d)): %s", payload[start], values)
		default:
			text = fmt.Sprintf("Unexpected character ('%c' (code %d)): %s", r, r, values)
		}
	}
	return &types.InvalidRequestContentException{Message: aws.String(textUnparsed + text +
		"\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: " + strconv.Itoa(column) + "]"), Type: user}
}

// badToken tells of a word that is no value, or of a byte in it that is no character.
func badToken(payload []byte, start int) (text string, column int) {
	end := start
	for end < len(payload) && (unicode.IsLetter(rune(payload[end])) || payload[end] >= utf8.RuneSelf) {
		if payload[end] >= utf8.RuneSelf && !utf8.Valid(payload[end:min(len(payload), end+utf8.UTFMax)]) {
			return fmt.Sprintf("Invalid UTF-8 start byte 0x%x", payload[end]), end + 2
		}
		end++
	}
	return "Unrecognized token '" + string(payload[start:end]) + "': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", end + 1
}

// invokable returns the error of a function, version or alias that there is not: without a
// qualifier, Lambda names $LATEST.
func (s *Fake) invokable(t *target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := t.ref.arn()
	if t.ref.qualifier == "" {
		arn += ":" + latestVersion
	}
	if t.exists() != nil {
		return functionNotFound(arn)
	}
	if _, _, ok := t.find(t.ref.qualifier); !ok {
		return functionNotFound(arn)
	}
	return nil
}

// invokeAsync is what Event was before there were invocation types.
func (s *Fake) invokeAsync(call *fakeaws.Call, in *awslambda.InvokeAsyncInput) (*fakeaws.Plan[*awslambda.InvokeAsyncOutput], error) {
	t, err := s.target(call, in, in.FunctionName, nil, "lambda:InvokeFunction")
	if err != nil {
		return nil, err
	}
	var payload []byte
	if in.InvokeArgs != nil {
		if payload, err = io.ReadAll(io.LimitReader(in.InvokeArgs, maxAsyncPayload+1)); err != nil {
			return nil, err
		}
	}
	o, err := s.orderOf(call, t.ref, &awslambda.InvokeInput{Payload: payload, InvocationType: types.InvocationTypeEvent})
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*awslambda.InvokeAsyncOutput]{Needs: []fakeaws.Need{t.need}, Do: func() (*awslambda.InvokeAsyncOutput, error) {
		if err := s.invokable(t); err != nil {
			return nil, err
		}
		return &awslambda.InvokeAsyncOutput{Status: http.StatusAccepted}, s.enqueue(t, o)
	}}, nil
}
