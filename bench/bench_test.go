// Package bench measures the harness against floors: a server that gives the same
// answers by heart, reached through the same door by the same SDK client. Figures
// are ratios within one run, because absolute times say more about the machine.
//
//	go test -bench . -benchmem ./bench           # all figures
//	go test ./bench -run TestSpeed -v -speed     # the ratios, and whether they hold
package bench

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/stretchr/testify/require"
)

var speed = flag.Bool("speed", false, "check the ratios; takes half a minute")

// A job is one thing to measure: it returns what to repeat.
type job func(tb testing.TB, cfg aws.Config) func()

// The jobs, on an account or on a floor that gives the same answers.
var (
	getCallerIdentity job = func(tb testing.TB, cfg aws.Config) func() {
		client := sts.NewFromConfig(cfg)
		return func() {
			_, err := client.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
			require.NoError(tb, err)
		}
	}
	putObject = func(size int) job {
		return func(tb testing.TB, cfg aws.Config) func() {
			client, body := s3.NewFromConfig(cfg), bytes.Repeat([]byte("x"), size)
			return func() {
				_, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: bytes.NewReader(body)})
				require.NoError(tb, err)
			}
		}
	}
	getObject = func(size int) job {
		return func(tb testing.TB, cfg aws.Config) func() {
			client := s3.NewFromConfig(cfg)
			return func() {
				out, err := client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
				require.NoError(tb, err)
				n, err := io.Copy(io.Discard, out.Body)
				require.NoError(tb, err)
				require.Equal(tb, int64(size), n)
			}
		}
	}
	getItem job = func(tb testing.TB, cfg aws.Config) func() {
		client := dynamodb.NewFromConfig(cfg)
		return func() {
			out, err := client.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("table"), Key: itemKey(77)})
			require.NoError(tb, err)
			require.Len(tb, out.Item, 3)
		}
	}
	putItem job = func(tb testing.TB, cfg aws.Config) func() {
		client := dynamodb.NewFromConfig(cfg)
		return func() {
			_, err := client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item(77)})
			require.NoError(tb, err)
		}
	}
	queryItems job = func(tb testing.TB, cfg aws.Config) func() {
		client := dynamodb.NewFromConfig(cfg)
		return func() {
			out, err := client.Query(context.Background(), &dynamodb.QueryInput{
				TableName: aws.String("table"), KeyConditionExpression: aws.String("customer = :c"), Limit: aws.Int32(100),
				ExpressionAttributeValues: map[string]types.AttributeValue{":c": &types.AttributeValueMemberS{Value: "customer-7"}},
			})
			require.NoError(tb, err)
			require.Len(tb, out.Items, 100)
		}
	}
	assumeRole job = func(tb testing.TB, cfg aws.Config) func() {
		client, role := sts.NewFromConfig(cfg), aws.String("arn:aws:iam::000000000000:role/app")
		return func() {
			_, err := client.AssumeRole(context.Background(), &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: aws.String("session")})
			require.NoError(tb, err)
		}
	}
	sendReceiveDelete job = func(tb testing.TB, cfg aws.Config) func() {
		client, url := sqs.NewFromConfig(cfg), aws.String("https://sqs.us-east-1.amazonaws.com/000000000000/queue")
		return func() {
			_, err := client.SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("hello")})
			require.NoError(tb, err)
			out, err := client.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: url})
			require.NoError(tb, err)
			require.Len(tb, out.Messages, 1)
			_, err = client.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: out.Messages[0].ReceiptHandle})
			require.NoError(tb, err)
		}
	}
)

// Users and objects are how many the account has that ListUsers and ListObjectsV2 list.
const (
	users   = 1000
	objects = 1000
)

var (
	// createUser makes users and deletes them again, so that the account stays as
	// large as it is.
	createUser job = func(tb testing.TB, cfg aws.Config) func() {
		client, name := iam.NewFromConfig(cfg), aws.String("new")
		return func() {
			_, err := client.CreateUser(context.Background(), &iam.CreateUserInput{UserName: name})
			require.NoError(tb, err)
			_, err = client.DeleteUser(context.Background(), &iam.DeleteUserInput{UserName: name})
			require.NoError(tb, err)
		}
	}
	listUsers job = func(tb testing.TB, cfg aws.Config) func() {
		client := iam.NewFromConfig(cfg)
		return func() {
			out, err := client.ListUsers(context.Background(), &iam.ListUsersInput{MaxItems: aws.Int32(users)})
			require.NoError(tb, err)
			require.Len(tb, out.Users, users)
		}
	}
)

// listBucket lists a bucket of as many objects as a page has.
func listBucket(tb testing.TB, cfg aws.Config) func() {
	client, bucket := s3.NewFromConfig(cfg), aws.String("bucket")
	return func() {
		out, err := client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: bucket})
		require.NoError(tb, err)
		require.Len(tb, out.Contents, objects)
	}
}

// listObjects lists the page in the middle of a bucket of as many objects: to get
// there is a part of the work.
func listObjects(tb testing.TB, objects int) func() {
	cfg := awstest.New(tb).Config()
	client, bucket := s3.NewFromConfig(cfg), aws.String("many")
	_, err := client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: bucket})
	require.NoError(tb, err)
	for i := range objects {
		_, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String(fmt.Sprintf("key%08d", i)), Body: strings.NewReader("")})
		require.NoError(tb, err)
	}
	after := aws.String("")
	if before := (objects - listed) / 2; before > 0 {
		after = aws.String(fmt.Sprintf("key%08d", before-1))
	}
	return func() {
		out, err := client.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: bucket, StartAfter: after, MaxKeys: aws.Int32(listed)})
		require.NoError(tb, err)
		require.Len(tb, out.Contents, listed)
	}
}

// listed is the page that is compared in a small and a large bucket.
const listed = 1000

// A measurement compares a job on an account with the same job on a floor.
type measurement struct {
	name    string
	job     job
	size    int // of the object
	users   int // in the account
	objects int // in the bucket
	items   int // in the table; without any there is no table
	floor   func(answers) http.Handler
	limit   float64
	// socket is the limit over a socket, where it is another.
	socket float64
	times  int // of the job in one round
}

const mib = 1 << 20

var measurements = []measurement{
	{name: "GetCallerIdentity", job: getCallerIdentity, floor: canned, limit: 1.3, times: 200},
	{name: "AssumeRole", job: assumeRole, floor: canned, limit: 1.5, times: 200},
	// The goal of a small put is 1.3 through both doors. Over a socket it is now and then
	// as much as 1.4.
	{name: "PutObject 1 KiB", job: putObject(1024), size: 1024, floor: canned, limit: 1.3, socket: 1.5, times: 200},
	{name: "GetObject 1 KiB", job: getObject(1024), size: 1024, floor: canned, limit: 1.3, times: 200},
	{name: "send+receive+delete", job: sendReceiveDelete, floor: canned, limit: 1.3, times: 100},
	{name: "create+delete user", job: createUser, floor: canned, limit: 1.3, times: 100},
	{name: "ListUsers of 1,000", job: listUsers, users: users, floor: canned, limit: 1.15, times: 2},
	{name: "ListObjectsV2 of 1,000", job: listBucket, objects: objects, floor: canned, limit: 1.2, times: 2},
	// Not reached: the CPU time is 1.5 times the floor's, of which the rest is spread
	// over the whole path of a call whose floor answers a few bytes.
	{name: "GetItem of 1,000,000", job: getItem, items: items, floor: canned, limit: 1.3, times: 200},
	{name: "PutItem into 1,000,000", job: putItem, items: items, floor: canned, limit: 1.3, times: 200},
	{name: "PutObject 8 MiB", job: putObject(8 * mib), size: 8 * mib, floor: verifying, limit: 1.3, times: 2},
	{name: "GetObject 8 MiB", job: getObject(8 * mib), size: 8 * mib, floor: verifying, limit: 1.1, times: 2},
}

// items are as many as a table has that is measured.
const items = 1_000_000

// tableOf makes a table with items, some of which are in each of its partitions.
func tableOf(tb testing.TB, acct *awstest.Account, n int) {
	table := dynamotest.Of(acct).Create("table", "customer", "id")
	hand := acct.World().Fixture(acct.ID(), acct.Region())
	name := aws.String(table.Name())
	for i := range n {
		_, err := acct.World().Do(tb.Context(), hand, &dynamodb.PutItemInput{TableName: name, Item: item(i)})
		require.NoError(tb, err)
	}
}

func item(i int) map[string]types.AttributeValue {
	all := itemKey(i)
	all["text"] = &types.AttributeValueMemberS{Value: "some text"}
	return all
}

func itemKey(i int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"customer": &types.AttributeValueMemberS{Value: fmt.Sprintf("customer-%d", i%1000)}, "id": &types.AttributeValueMemberS{Value: fmt.Sprintf("id-%08d", i)},
	}
}

// account makes an account with what the jobs find there, and the config of a
// user that may do just that.
func account(tb testing.TB, m measurement, opts ...awstest.Option) aws.Config {
	if m.items > 0 {
		opts = append(slices.Clip(opts), dynamotest.With())
	}
	return accountIn(tb, awstest.New(tb, opts...), m)
}

// accountIn is account in one that there is.
func accountIn(tb testing.TB, acct *awstest.Account, m measurement) aws.Config {
	user := acct.NewUser("worker",
		awstest.Allow("s3:GetObject", "s3:PutObject").On("arn:aws:s3:::bucket/*"),
		awstest.Allow("s3:ListBucket").On("arn:aws:s3:::bucket"),
		awstest.Allow("sts:AssumeRole").On("arn:aws:iam::*:role/app"),
		awstest.Allow("iam:CreateUser", "iam:DeleteUser", "iam:ListUsers"),
		awstest.Allow("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query").On("arn:aws:dynamodb:*:*:table/table"),
		awstest.Allow("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage").On("arn:aws:sqs:*:*:queue"),
	)
	acct.NewRole("app")
	store := s3.NewFromConfig(acct.Config())
	_, err := store.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(tb, err)
	_, err = store.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: bytes.NewReader(make([]byte, m.size))})
	require.NoError(tb, err)
	for i := range m.objects - 1 { // and the one that is there
		_, err := store.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(fmt.Sprintf("folder/object-%04d", i)), Body: strings.NewReader("data")})
		require.NoError(tb, err)
	}
	_, err = sqs.NewFromConfig(acct.Config()).CreateQueue(context.Background(), &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	require.NoError(tb, err)
	directory := iam.NewFromConfig(acct.Config())
	for i := range m.users - 1 { // and the one that calls
		_, err := directory.CreateUser(context.Background(), &iam.CreateUserInput{UserName: aws.String("user" + strconv.Itoa(i))})
		require.NoError(tb, err)
	}
	if m.items > 0 {
		tableOf(tb, acct, m.items)
	}
	return user.Config()
}

// floorConfig is the config of a client for a floor.
func floorConfig(tb testing.TB, h http.Handler, socket bool) aws.Config {
	cfg := aws.Config{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider(floorKey, floorSecret, ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  recorder{h},
		// As the configs of awstest have it.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
	if socket {
		server := httptest.NewServer(h)
		transport := &http.Transport{}
		tb.Cleanup(func() { transport.CloseIdleConnections(); server.Close() })
		cfg.BaseEndpoint = aws.String(server.URL)
		cfg.HTTPClient = plainBody{transport}
	}
	return cfg
}

const (
	floorKey    = "AKIAIOSFODNN7EXAMPLE"
	floorSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// recorder is the simplest client that calls a handler without a socket.
type recorder struct{ handler http.Handler }

func (c recorder) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	c.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// plainBody hides the WriteTo of the SDK's bodies from the transport, as the
// configs of awstest do: else the floor fails now and then.
type plainBody struct{ transport *http.Transport }

func (c plainBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		plain := *r
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = &plain
	}
	return c.transport.RoundTrip(r)
}

// An answer is what an account answered once.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// answers has the answers of an account by what was asked.
type answers map[string]answer

// ask is the method, and the operation where the headers or the form has it.
func ask(r *http.Request) string {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return r.Method + r.Header.Get("X-Amz-Target")
	}
	form, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(form))
	_, operation, _ := bytes.Cut(form, []byte("Action="))
	operation, _, _ = bytes.Cut(operation, []byte("&"))
	return string(operation)
}

// learn runs a job once and keeps the answers, so that a floor gives the very
// same ones.
func learn(tb testing.TB, m measurement) answers {
	l := &life{TB: tb}
	defer l.end()
	m.items = min(m.items, 1000) // the answers are the same
	learned := answers{}
	cfg := account(l, m)
	client := cfg.HTTPClient
	cfg.HTTPClient = doFunc(func(r *http.Request) (*http.Response, error) {
		asked := ask(r)
		resp, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		learned[asked] = answer{resp.StatusCode, resp.Header, body}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return resp, err
	})
	m.job(l, cfg)()
	return learned
}

type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// write gives the answer to a request.
func (a answers) write(w http.ResponseWriter, asked string) {
	known := a[asked]
	header := w.Header()
	for name, values := range known.header {
		header[name] = values
	}
	header.Set("Content-Length", strconv.Itoa(len(known.body)))
	w.WriteHeader(known.status)
	_, _ = w.Write(known.body)
}

// canned is a server that knows its answers by heart.
func canned(a answers) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := ask(r)
		_, _ = io.Copy(io.Discard, r.Body)
		a.write(w, asked)
	})
}

// verifying is a server that does what every S3 must do: it verifies
// the signature and computes the MD5 of what is put.
func verifying(a answers) http.Handler {
	verifier := new(sigv4.Verifier)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "" {
			r.Host = r.URL.Host
		}
		signature, err := sigv4.Parse(r)
		if err == nil {
			err = verifier.Verify(r, signature, floorSecret, "", time.Now())
		}
		var body *sigv4.Body
		if err == nil {
			body, err = sigv4.NewBody(r, signature)
		}
		if err == nil {
			_, err = io.Copy(md5.New(), body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		a.write(w, ask(r))
	})
}

// doors are the two ways to an account.
var doors = []struct {
	name   string
	socket bool
	opts   []awstest.Option
}{
	{"in process", false, nil},
	{"socket", true, []awstest.Option{awstest.WithSocket()}},
}

func BenchmarkCalls(b *testing.B) {
	for _, m := range measurements {
		for _, door := range doors {
			run := func(name string, config func(testing.TB) aws.Config) {
				b.Run(m.name+"/"+door.name+"/"+name, func(b *testing.B) {
					do := m.job(b, config(b))
					b.SetBytes(int64(m.size))
					b.ReportAllocs()
					for b.Loop() {
						do()
					}
				})
			}
			run("floor", func(tb testing.TB) aws.Config { return floorConfig(tb, m.floor(learn(tb, m)), door.socket) })
			run("leastpriv", func(tb testing.TB) aws.Config { return account(tb, m, door.opts...) })
		}
	}
}

func TestSpeed(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: the time of calls is not compared with the floor")
	}
	for _, m := range measurements {
		for _, door := range doors {
			t.Run(m.name+"/"+door.name, func(t *testing.T) {
				floor := m.job(t, floorConfig(t, m.floor(learn(t, m)), door.socket))
				l := &life{TB: t}
				defer l.end()
				limit := m.limit
				if door.socket {
					limit = cmp.Or(m.socket, limit)
				}
				check(t, limit, m.times, floor, m.job(l, account(l, m, door.opts...)))
			})
		}
	}
	t.Run("list 1,000 of 100,000 against 1,000 of 1,000", func(t *testing.T) {
		l := &life{TB: t}
		defer l.end()
		check(t, 1.2, 5, listObjects(l, 1000), listObjects(l, 100_000))
	})
	t.Run("query 100 of 1,000,000 items against 100 of 100,000", func(t *testing.T) {
		l := &life{TB: t}
		defer l.end()
		check(t, 1.2, 20, queryItems(l, account(l, measurement{items: items / 10})), queryItems(l, account(l, measurement{items: items})))
	})
	for _, life := range []struct {
		name  string
		floor bool // a bare httptest server
		opts  []awstest.Option
		limit float64
	}{
		{"in process", false, nil, 1.5},
		{"in process, against a socket", true, nil, 1},
		// The goal is 1.
		{"socket", true, []awstest.Option{awstest.WithSocket()}, 1.2},
	} {
		t.Run("New+call+Close/"+life.name, func(t *testing.T) {
			identity := canned(learn(t, measurements[0]))
			check(t, life.limit, 10, func() { newFloor(t, identity, life.floor) }, func() { newAccount(t, life.opts...) })
		})
	}
}

// tries is how often a ratio over its limit is measured again before it counts:
// a slower harness is over the limit each time, a busy machine is not.
const tries = 6

// check compares a job with its floor, and reports a ratio over the limit.
func check(t *testing.T, limit float64, times int, floor, ours func()) {
	t.Helper()
	for try := 1; ; try++ {
		f, o := compare(times, floor, ours)
		ratio := float64(o) / float64(f)
		t.Logf("floor %v, leastpriv %v: %.2fx, at most %.2fx", f, o, ratio, limit)
		switch {
		case ratio <= limit:
			return
		case try == tries:
			t.Errorf("%.2f times its floor, more than %.2f", ratio, limit)
			return
		}
	}
}

// rounds is how often a comparison measures each side, in turns, so that
// whatever else the machine does hits both. The median round counts, with the
// garbage collection that its allocations cause.
const rounds = 61

// compare times two functions and returns the median time of each.
func compare(times int, a, b func()) (time.Duration, time.Duration) {
	as, bs := make([]time.Duration, rounds), make([]time.Duration, rounds)
	clock(times, a)
	clock(times, b)
	for i := range rounds {
		as[i] = clock(times, a)
		bs[i] = clock(times, b)
	}
	slices.Sort(as)
	slices.Sort(bs)
	return as[rounds/2], bs[rounds/2]
}

func clock(times int, do func()) time.Duration {
	start := time.Now()
	for range times {
		do()
	}
	return time.Since(start) / time.Duration(times)
}

// newFloor is the life of a handler with one call: of one that is called in the process, or
// of a bare httptest server.
func newFloor(tb testing.TB, h http.Handler, socket bool) {
	l := &life{TB: tb}
	getCallerIdentity(tb, floorConfig(l, h, socket))()
	l.end()
}

// newAccount is the life of an account with one call.
func newAccount(tb testing.TB, opts ...awstest.Option) {
	l := &life{TB: tb}
	acct := awstest.New(l, opts...)
	getCallerIdentity(tb, acct.Config())()
	l.end()
}

// life is a test that ends when told to.
type life struct {
	testing.TB
	cleanups []func()
}

// Failed keeps an account from printing its calls.
func (l *life) Failed() bool { return false }

func (l *life) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }

func (l *life) end() {
	for _, f := range slices.Backward(l.cleanups) {
		f()
	}
}

func BenchmarkNew(b *testing.B) {
	identity := canned(learn(b, measurements[0]))
	for _, door := range doors {
		b.Run(door.name+"/floor", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newFloor(b, identity, door.socket)
			}
		})
		b.Run(door.name+"/leastpriv", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newAccount(b, door.opts...)
			}
		})
	}
}
