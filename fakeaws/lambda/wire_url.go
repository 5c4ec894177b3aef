package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// ownWire is what Lambda has of its own on the wire: the URLs of functions.
var ownWire = fakeaws.Wire{
	// A request of 50 MB of code, in Base64; that of AWS is 70,167,211 bytes.
	MaxBody:   70167211,
	Endpoint:  urlEndpoint,
	Intercept: intercept,
}

// urlHost is what follows the label of a function URL's host, before the region.
const urlHost = ".lambda-url."

// urlEndpoint reads the host of a function URL: "id.lambda-url.us-east-1.on.aws".
func urlEndpoint(host string) (fakeaws.Endpoint, bool) {
	_, rest, ok := strings.Cut(host, urlHost)
	if !ok {
		return fakeaws.Endpoint{}, false
	}
	region, ok := strings.CutSuffix(rest, ".on.aws")
	if !ok || region == "" || strings.Contains(region, ".") {
		return fakeaws.Endpoint{}, false
	}
	return fakeaws.Endpoint{Service: "lambda", Region: region}, true
}

// A urlCall is a request to a function URL. The handler's own requests have its context, but
// are other calls.
type urlCall struct {
	call *fakeaws.Call
	ref  reference
	auth types.FunctionUrlAuthType
}

type urlCallKey struct{}

// urlOf returns the request to a function URL that a call is; nil for others.
func urlOf(call *fakeaws.Call) *urlCall {
	u, ok := call.Value(urlCallKey{}).(*urlCall)
	if !ok || u.call != call {
		return nil
	}
	return u
}

// urlNeeds are the permissions that a request to a URL takes: since October 2025 both, and the
// second only through the URL ("Control access to Lambda function URLs").
func (s *Fake) urlNeeds(u *urlCall) []fakeaws.Need {
	s.mu.Lock()
	defer s.mu.Unlock()
	through, invoke := s.need("lambda:InvokeFunctionUrl", u.ref), s.need("lambda:InvokeFunction", u.ref)
	through.Context.Set("lambda:FunctionUrlAuthType", string(u.auth))
	through.Context.Set("lambda:FunctionArn", u.ref.arn())
	invoke.Context.SetBool("lambda:InvokedViaFunctionUrl", true)
	return []fakeaws.Need{through, invoke}
}

// urlForbidden is the answer to who may not use a URL; its text is unverified.
func urlForbidden() error {
	return &fakeaws.Error{
		Code: "AccessDeniedException", Status: http.StatusForbidden,
		Message: "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
	}
}

// intercept answers requests to function URLs.
func intercept(x *fakeaws.Exchange, signed bool) (*wire.Response, error) {
	label, _, ok := strings.Cut(fakeaws.Hostname(x.HTTP.Host), urlHost)
	if !ok {
		return nil, nil
	}
	x.Protocol, x.Operation = wire.RESTJSON, x.Model("Invoke")
	x.Call.Operation = x.Operation.Name()
	resp, err := Of(x.Call.World).answerURL(x, label, signed)
	if err != nil {
		return urlError(x, err), err
	}
	return resp, nil
}

// answerURL invokes the function of a URL, and makes of its answer the answer to the request.
func (s *Fake) answerURL(x *fakeaws.Exchange, label string, signed bool) (*wire.Response, error) {
	s.mu.Lock()
	u := s.urls[label]
	var known functionURL
	if u != nil {
		known = *u
	}
	s.mu.Unlock()
	if u == nil || known.ref.id.region != x.Endpoint().Region {
		return nil, resourceNotFound(textNoURL)
	}
	body, err := fakeaws.ReadAll(x.HTTP.Body, x.HTTP.ContentLength, maxPayload)
	if err != nil {
		return nil, err
	}
	if known.config.AuthType == types.FunctionUrlAuthTypeAwsIam {
		if !signed || x.Signature == nil {
			return nil, urlForbidden()
		}
		if err := x.Authenticate(sigv4.Hash(body)); err != nil {
			return nil, err
		}
	} else {
		x.Signature = nil
	}
	call := &x.Call
	if call.RequestID == "" {
		call.RequestID = s.world.IDs().UUID()
	}
	call.Context = context.WithValue(call.Context, urlCallKey{}, &urlCall{call, known.ref, known.config.AuthType})
	event, err := json.Marshal(urlEvent(x, label, body))
	if err != nil {
		return nil, err
	}
	query := ""
	if known.ref.qualifier != "" {
		query = "Qualifier=" + url.QueryEscape(known.ref.qualifier)
	}
	x.Request = wire.Request{
		Method: http.MethodPost, Path: "/2015-03-31/functions/" + url.PathEscape(known.ref.id.arn()) + "/invocations", RawQuery: query,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(event)), Body: event,
	}
	answered, err := x.Perform()
	if err != nil {
		return nil, err
	}
	if answered.Header.Get("X-Amz-Function-Error") != "" {
		return urlText(http.StatusBadGateway, "Internal Server Error"), nil
	}
	return urlAnswer(answered.Body), nil
}

// textNoURL is what is answered where no function has the URL: unverified.
const textNoURL = "Not Found"

// urlError is an error as function URLs answer it.
func urlError(x *fakeaws.Exchange, err error) *wire.Response {
	status, code, text := http.StatusForbidden, "AccessDeniedException", err.Error()
	var failed *fakeaws.Error
	var api smithy.APIError
	switch {
	case errors.As(err, &failed):
		status, code, text = failed.Status, failed.Code, failed.Message
	case errors.As(err, &api):
		code, text = api.ErrorCode(), api.ErrorMessage()
		switch code {
		case "ResourceNotFoundException":
			status = http.StatusNotFound
		case "TooManyRequestsException":
			status = http.StatusTooManyRequests
		case "RequestTooLargeException":
			status = http.StatusRequestEntityTooLarge
		}
	}
	resp := urlText(status, text)
	resp.Set("X-Amzn-Errortype", code)
	resp.Set("X-Amzn-Requestid", x.Call.RequestID)
	return resp
}

func urlText(status int, text string) *wire.Response {
	body, err := json.Marshal(map[string]string{"Message": text})
	if err != nil {
		body = nil // strings are always written
	}
	resp := &wire.Response{Status: status, Header: http.Header{}, Body: body}
	resp.Set("Content-Type", "application/json")
	return resp
}

// urlEvent is what a function gets of a request: payload format 2.0 ("Invoking Lambda
// function URLs" of the developer guide).
func urlEvent(x *fakeaws.Exchange, label string, body []byte) map[string]any {
	r, call := x.HTTP, &x.Call
	headers, cookies := make(map[string]string, len(r.Header)), []string{}
	for name, values := range r.Header {
		if name == "Cookie" {
			for _, c := range r.Cookies() {
				cookies = append(cookies, c.Name+"="+c.Value)
			}
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	headers["host"] = r.Host
	query := make(map[string]string)
	for name, values := range r.URL.Query() {
		query[name] = strings.Join(values, ",")
	}
	path := r.URL.Path
	if path == "" {
		path = "/"
	}
	about := map[string]any{
		"accountId": "anonymous", "apiId": label, "domainName": fakeaws.Hostname(r.Host), "domainPrefix": label, "requestId": call.RequestID,
		"routeKey": "$default", "stage": "$default", "time": call.Time.Format("02/Jan/2006:15:04:05 +0000"), "timeEpoch": call.Time.UnixNano() / int64(time.Millisecond),
		"http": map[string]any{"method": r.Method, "path": path, "protocol": "HTTP/1.1", "sourceIp": call.SourceIP, "userAgent": call.UserAgent},
	}
	if !call.Anonymous() {
		about["accountId"] = call.Account
		about["authorizer"] = map[string]any{"iam": map[string]any{
			"accessKey": x.Signature.AccessKeyID, "accountId": call.Account, "callerId": call.Caller.EntityID, "cognitoIdentity": nil, "principalOrgId": nil,
			"userArn": call.Caller.ARN, "userId": call.Caller.UserID,
		}}
	}
	event := map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": r.URL.RawQuery, "headers": headers, "requestContext": about, "isBase64Encoded": false,
	}
	if len(cookies) > 0 {
		event["cookies"] = cookies
	}
	if len(query) > 0 {
		event["queryStringParameters"] = query
	}
	switch {
	case len(body) == 0:
	case isTextual(r.Header.Get("Content-Type")) && utf8.Valid(body):
		event["body"] = string(body)
	default:
		event["body"], event["isBase64Encoded"] = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// isTextual reports whether a body of a type is given to functions as it is.
func isTextual(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	media = strings.TrimSpace(media)
	switch {
	case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "+json"), strings.HasSuffix(media, "+xml"):
		return true
	}
	switch media {
	case "application/json", "application/javascript", "application/xml":
		return true
	}
	return false
}

// urlAnswer makes the answer of what a function answered: an object with a statusCode says
// what it is, of all else Lambda takes it as the body.
func urlAnswer(payload []byte) *wire.Response {
	var own struct {
		StatusCode *int              `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Cookies    []string          `json:"cookies"`
		Body       string            `json:"body"`
		Base64     bool              `json:"isBase64Encoded"`
	}
	resp := &wire.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: payload}
	if json.Unmarshal(payload, &own) == nil && own.StatusCode != nil {
		resp.Status, resp.Body = *own.StatusCode, []byte(own.Body)
		if own.Base64 {
			if decoded, err := base64.StdEncoding.DecodeString(own.Body); err == nil {
				resp.Body = decoded
			}
		}
		for name, value := range own.Headers {
			resp.Header[http.CanonicalHeaderKey(name)] = []string{value}
		}
		if len(own.Cookies) > 0 {
			resp.Header["Set-Cookie"] = own.Cookies
		}
		const last = 599
		if resp.Status < http.StatusOK || resp.Status > last {
			return urlText(http.StatusBadGateway, "Internal Server Error")
		}
		return resp
	}
	var text string
	if json.Unmarshal(payload, &text) == nil {
		resp.Body = []byte(text)
	}
	return resp
}
