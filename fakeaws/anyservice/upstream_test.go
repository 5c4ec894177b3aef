package anyservice_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/internal/sigv4"
)

func upstreams(t testing.TB, service, url string) anyservice.Services {
	t.Helper()
	u, err := anyservice.NewUpstream(url)
	require.NoError(t, err)
	return anyservice.Services{Upstreams: map[string]*anyservice.Upstream{service: u}}
}

// What is allowed passes on as it came, signed anew, and so does the answer; what is denied
// does not reach the upstream.
func TestUpstream(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body, _ := io.ReadAll(r.Body)
		s, err := sigv4.Parse(r)
		if err != nil || s.AccessKeyID != "key" || s.Service != "dynamodb" || s.Region != region {
			t.Errorf("the signature is %v, %v", s, err)
		}
		var v sigv4.Verifier
		if err := v.Verify(r, s, "secret", sigv4.Hash(body), time.Now().UTC()); err != nil {
			t.Errorf("the signature is wrong: %v", err)
		}
		w.Header().Set("X-Own", "yes")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"), body)
	}))
	defer server.Close()
	l := newLab(t, upstreams(t, "dynamodb", strings.Replace(server.URL, "http://", "http://key:secret@", 1)+"/base/"))
	user := l.user("u", policyOf(allow("dynamodb:GetItem", "*")))
	for door := range l.doors {
		asked.Store(0)
		a := l.do(door, user, target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"a"}`))
		assert.Equal(t, http.StatusConflict, a.status)
		assert.Equal(t, `POST /base/ DynamoDB_20120810.GetItem {"TableName":"a"}`, a.body)
		assert.Equal(t, "yes", a.header.Get("X-Own"))
		assert.EqualValues(t, 1, asked.Load())
		a = l.do(door, user, target("dynamodb", "DynamoDB_20120810.PutItem", `{"TableName":"a"}`))
		assert.Equal(t, "AccessDeniedException", a.code)
		assert.EqualValues(t, 1, asked.Load(), "the upstream is not asked")
		a = l.do(door, l.root(account), form("sns", "Action=ListTopics&Version=2010-03-31"))
		assert.Equal(t, "NotImplemented", a.code, "it is not SNS's")
	}
}

// An upstream that is not there, or that breaks off, is told from what AWS answers; nothing is
// sent twice.
func TestBadUpstreams(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	down := "http://" + closed.Addr().String()
	require.NoError(t, closed.Close())
	var asked atomic.Int32
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	defer broken.Close()
	nonsense := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte("this is no HTTP\r\n\r\n"))
			_ = conn.Close()
		}
	}))
	defer nonsense.Close()
	for name, url := range map[string]string{"down": down, "broken": broken.URL, "nonsense": nonsense.URL} {
		l := newLab(t, upstreams(t, "*", url))
		for door := range l.doors {
			asked.Store(0)
			a := l.do(door, l.root(account), target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"a"}`))
			assert.Equal(t, http.StatusBadGateway, a.status, name)
			assert.Equal(t, "BadGateway", a.code, "%s %s", name, a.body)
			assert.Contains(t, a.message, "The call is allowed, and the upstream "+url)
			assert.LessOrEqual(t, asked.Load(), int32(1))
			events := l.world.Log().Events()
			last := events[len(events)-1]
			assert.Equal(t, "BadGateway", last.Code)
			require.Len(t, last.Decisions, 1)
			assert.True(t, last.Decisions[0].Allowed())
		}
	}
}

// A slow upstream ends with its client.
func TestSlowUpstream(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	l := newLab(t, upstreams(t, "*", server.URL))
	s := target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"a"}`)
	r := s.sign(t, l.root(account))
	r.Host = r.URL.Host
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := l.world.Door().RoundTrip(r.WithContext(ctx))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	<-gone
}

// An answer streams: its beginning is there before its end.
func TestUpstreamStreams(t *testing.T) {
	t.Parallel()
	more := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("first"))
		_ = http.NewResponseController(w).Flush()
		<-more
		_, _ = w.Write([]byte("last"))
	}))
	defer server.Close()
	l := newLab(t, upstreams(t, "*", server.URL))
	s := target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"a"}`)
	r := s.sign(t, l.root(account))
	r.Host = r.URL.Host
	resp, err := l.world.Door().RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	first := make([]byte, 5)
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	assert.Equal(t, "first", string(first))
	close(more)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "last", string(rest))
}

// Policies and tags that pass through are learnt, and judged by.
func TestUpstreamIsLearntOf(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "refused") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	l := newLab(t, upstreams(t, "*", server.URL))
	root := l.root(account)
	table := "arn:aws:dynamodb:us-east-1:111122223333:table/"
	user := l.user("u", policyOf(`{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/env":"dev"}}}`))
	get := func(name string) answer {
		return l.do("process", user, target("dynamodb", "DynamoDB_20120810.GetItem", `{"TableName":"`+name+`","Key":{}}`))
	}
	create := func(name string) {
		l.do("process", root, target("dynamodb", "DynamoDB_20120810.CreateTable", `{"TableName":"`+name+`","Tags":[{"Key":"env","Value":"dev"}]}`))
	}
	create("orders")
	create("refused")
	assert.Equal(t, http.StatusOK, get("orders").status)
	assert.Equal(t, "AccessDeniedException", get("refused").code)
	l.do("process", root, target("dynamodb", "DynamoDB_20120810.UntagResource", `{"ResourceArn":"`+table+`orders","TagKeys":["env"]}`))
	assert.Equal(t, "AccessDeniedException", get("orders").code)
	l.do("process", root, target("dynamodb", "DynamoDB_20120810.TagResource", `{"ResourceArn":"`+table+`orders","Tags":[{"Key":"env","Value":"dev"}]}`))
	assert.Equal(t, http.StatusOK, get("orders").status)
	deny := policyOf(`{"Effect":"Deny","Principal":"*","Action":"dynamodb:GetItem","Resource":"` + table + `orders"}`)
	a := l.do("process", root, target("dynamodb", "DynamoDB_20120810.PutResourcePolicy", `{"ResourceArn":"`+table+`orders","Policy":`+quote(deny)+`}`))
	require.Equal(t, http.StatusOK, a.status, a.body)
	assert.Contains(t, get("orders").message, "explicit deny in a resource-based policy")
}

func TestUpstreamURLs(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8000", "ftp://x", "http://", "http://x/?q=1", "http://x/#f", "http://a b"} {
		_, err := anyservice.NewUpstream(bad)
		assert.Error(t, err, bad)
	}
	assert.NoError(t, anyservice.CanStandFor("*"))
	assert.NoError(t, anyservice.CanStandFor("events"))
	assert.ErrorContains(t, anyservice.CanStandFor("nothing"), "no service")
}

var moto = flag.Bool("moto", false, "test in front of moto_server, which must be installed")

// TestMoto puts the judgement in front of moto: its tables answer, to those who may.
func TestMoto(t *testing.T) {
	if !*moto {
		t.Skip("-moto is not set: the judgement is not put in front of moto_server")
	}
	if _, err := exec.LookPath("moto_server"); err != nil {
		t.Skip("there is no program moto_server in PATH: pip install 'moto[server]'")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	cmd := exec.CommandContext(t.Context(), "moto_server", "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	require.NoError(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 30*time.Second, 100*time.Millisecond)
	l := newLab(t, upstreams(t, "*", url))
	root := l.root(account)
	reader := l.user("reader", policyOf(allow("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/orders")))
	call := func(by string, operation, body string) answer {
		who := root
		if by == "reader" {
			who = reader
		}
		return l.do("socket", who, target("dynamodb", "DynamoDB_20120810."+operation, body))
	}
	a := call("root", "CreateTable", `{"TableName":"orders","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	a = call("root", "PutItem", `{"TableName":"orders","Item":{"id":{"S":"1"},"state":{"S":"open"}}}`)
	require.Equal(t, http.StatusOK, a.status, a.body)
	a = call("reader", "GetItem", `{"TableName":"orders","Key":{"id":{"S":"1"}}}`)
	assert.Equal(t, http.StatusOK, a.status, a.body)
	assert.Contains(t, a.body, "open")
	assert.Equal(t, "AccessDeniedException", call("reader", "PutItem", `{"TableName":"orders","Item":{"id":{"S":"2"}}}`).code)
	assert.Equal(t, "ResourceNotFoundException", call("root", "GetItem", `{"TableName":"none","Key":{"id":{"S":"1"}}}`).code, "moto's own error passes")
	a = l.do("socket", root, form("sns", "Action=CreateTopic&Version=2010-03-31&Name=t"))
	assert.Equal(t, http.StatusOK, a.status, a.body)
	assert.Contains(t, a.body, "TopicArn")
}
