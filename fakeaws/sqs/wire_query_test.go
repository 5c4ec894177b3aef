package sqs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A queryClient is an older SQS client: it speaks the Query protocol, as the API
// reference for it documents (a form to the URL of the queue, lists as Name.1,
// answers in XML). It takes the requests of the SDK's client, which speaks JSON,
// and gives it answers in JSON, so that one story runs over both protocols.
type queryClient struct {
	next     aws.HTTPClient
	provider aws.CredentialsProvider
}

// lists are the names of list and map members in a form.
var lists = map[string]string{
	"AWSAccountIds": "AWSAccountId", "Actions": "ActionName", "AttributeNames": "AttributeName", "TagKeys": "TagKey",
	"MessageAttributeNames": "MessageAttributeName", "MessageSystemAttributeNames": "AttributeName",
	"Attributes": "Attribute", "Tags": "Tag", "MessageAttributes": "MessageAttribute", "MessageSystemAttributes": "MessageSystemAttribute",
}

func (c *queryClient) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	form := url.Values{"Action": {operation}, "Version": {"2012-11-05"}}
	path := "/"
	if queue, ok := in["QueueUrl"].(string); ok {
		u, err := url.Parse(queue)
		if err != nil {
			return nil, err
		}
		path = u.Path
		delete(in, "QueueUrl")
	}
	for name, value := range in {
		addForm(form, operation, name, value)
	}
	return c.send(r, operation, path, form.Encode())
}

// addForm adds a member of the input to a form.
func addForm(form url.Values, operation, name string, value any) {
	switch v := value.(type) {
	case []any:
		list := lists[name[strings.LastIndexByte(name, '.')+1:]]
		if list == "" {
			list = operation + "RequestEntry"
		}
		for i, e := range v {
			addForm(form, operation, fmt.Sprintf("%s.%d", list, i+1), e)
		}
	case map[string]any:
		member := name[strings.LastIndexByte(name, '.')+1:]
		list, isMap := lists[member]
		if !isMap {
			for key, e := range v {
				addForm(form, operation, name+"."+key, e)
			}
			return
		}
		key := "Name"
		if member == "Tags" {
			key = "Key"
		}
		prefix := strings.TrimSuffix(name, member) + list
		for i, k := range slices.Sorted(mapKeys(v)) {
			at := fmt.Sprintf("%s.%d.", prefix, i+1)
			form.Set(at+key, k)
			addForm(form, operation, at+"Value", v[k])
		}
	default:
		form.Set(name, fmt.Sprint(v))
	}
}

func mapKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// send signs and sends a form, and translates the answer.
func (c *queryClient) send(r *http.Request, operation, path, form string) (*http.Response, error) {
	u := *r.URL
	u.Path = path
	q, err := http.NewRequestWithContext(r.Context(), http.MethodPost, u.String(), strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if _, anonymous := c.provider.(aws.AnonymousCredentials); !anonymous {
		if err := c.sign(r.Context(), q, form); err != nil {
			return nil, err
		}
	}
	resp, err := c.next.Do(q)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return translate(resp, operation, answer)
}

func (c *queryClient) sign(ctx context.Context, q *http.Request, form string) error {
	credentials, err := c.provider.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(form))
	return v4.NewSigner().SignHTTP(ctx, credentials, q, hex.EncodeToString(sum[:]), "sqs", region, time.Now())
}

// An element is an XML element.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func (e *element) child(name string) *element {
	for i := range e.Children {
		if e.Children[i].XMLName.Local == name {
			return &e.Children[i]
		}
	}
	return &element{}
}

// translate makes the JSON answer of an XML answer.
func translate(resp *http.Response, operation string, answer []byte) (*http.Response, error) {
	var root element
	if err := xml.Unmarshal(answer, &root); err != nil {
		return nil, fmt.Errorf("%w in %s", err, answer)
	}
	out := map[string]any{}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amzn-Requestid": resp.Header["X-Amzn-Requestid"]}
	if resp.StatusCode >= 400 {
		e := root.child("Error")
		code := e.child("Code").Text
		out["__type"], out["message"] = "com.amazonaws.sqs#"+code, e.child("Message").Text
		header.Set("X-Amzn-Query-Error", code+";"+e.child("Type").Text)
	} else {
		out = members(operation, root.child(operation+"Result").Children)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: resp.StatusCode, Header: header, Body: io.NopCloser(bytes.NewReader(b)), ContentLength: int64(len(b)), Request: resp.Request}, nil
}

// members makes JSON members of XML elements.
func members(operation string, elements []element) map[string]any {
	out := map[string]any{}
	for i := range elements {
		e := &elements[i]
		name := e.XMLName.Local
		value := any(e.Text)
		if len(e.Children) > 0 {
			value = members(operation, e.Children)
		}
		switch {
		case name == "Attribute" || name == "MessageAttribute" || name == "Tag":
			m, _ := out[name+"s"].(map[string]any)
			if m == nil {
				m = map[string]any{}
				out[name+"s"] = m
			}
			v := e.child("Value")
			entry := any(v.Text)
			if len(v.Children) > 0 {
				entry = members(operation, v.Children)
			}
			m[e.child("Name").Text+e.child("Key").Text] = entry
		case name == "Message" && len(e.Children) > 0:
			out["Messages"] = appendTo(out["Messages"], value)
		case name == "BatchResultErrorEntry":
			out["Failed"] = appendTo(out["Failed"], value)
		case name == "ListMessageMoveTasksResultEntry":
			out["Results"] = appendTo(out["Results"], value)
		case strings.HasSuffix(name, "BatchResultEntry"):
			out["Successful"] = appendTo(out["Successful"], value)
		case name == "QueueUrl" && operation == "ListQueues":
			out["QueueUrls"] = appendTo(out["QueueUrls"], value)
		case name == "QueueUrl" && operation == "ListDeadLetterSourceQueues":
			out["queueUrls"] = appendTo(out["queueUrls"], value)
		case name == "SenderFault", strings.HasPrefix(name, "ApproximateNumber"), name == "StartedTimestamp", name == "MaxNumberOfMessagesPerSecond":
			out[name] = json.RawMessage(e.Text)
		default:
			out[name] = value
		}
	}
	return out
}

func appendTo(list, value any) []any {
	l, _ := list.([]any)
	return append(l, value)
}
