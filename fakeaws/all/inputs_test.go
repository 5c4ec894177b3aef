package all_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
)

// clientsOf makes the client of each service, by the name of its fake: the SDK's, where
// it has one.
var clientsOf = map[string]func(aws.Config) any{
	"iam":           func(c aws.Config) any { return iam.NewFromConfig(c) },
	"iam-toolbox":   func(c aws.Config) any { return iamtoolbox.NewFromConfig(c) },
	"organizations": func(c aws.Config) any { return organizations.NewFromConfig(c) },
	"s3":            func(c aws.Config) any { return s3.NewFromConfig(c) },
	"s3-control":    func(c aws.Config) any { return s3control.NewFromConfig(c) },
	"sqs":           func(c aws.Config) any { return sqs.NewFromConfig(c) },
	"sts":           func(c aws.Config) any { return sts.NewFromConfig(c) },
}

// secretsClient is a client whose tokens are no chance.
func secretsClient(c aws.Config) any {
	return secretsmanager.NewFromConfig(c, func(o *secretsmanager.Options) { o.IdempotencyTokenProvider = sameToken{} })
}

// tablesClient is the same for DynamoDB.
func tablesClient(c aws.Config) any {
	return dynamodb.NewFromConfig(c, func(o *dynamodb.Options) { o.IdempotencyTokenProvider = sameToken{} })
}

type sameToken struct{}

func (sameToken) GetIdempotencyToken() (string, error) { return strings.Repeat("t", 32), nil }

// An operation is one operation of a fake, as the SDK calls it.
type operation struct {
	service, name string
	input         reflect.Type
}

// checking are clients that say what is missing in an input, and send nothing.
var checking = sync.OnceValue(func() map[string]any {
	clients := map[string]any{}
	for service, client := range clientsOf {
		clients[service] = client(aws.Config{
			Region: "us-east-1", Retryer: func() aws.Retryer { return aws.NopRetryer{} },
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return activeKey, nil }),
			HTTPClient:  doFunc(func(*http.Request) (*http.Response, error) { return nil, errSent }),
		})
	}
	return clients
})

func newOperation(t testing.TB, service, name string) operation {
	t.Helper()
	method, ok := reflect.TypeOf(checking()[service]).MethodByName(name)
	require.True(t, ok, "the SDK's client of %s has no %s", service, name)
	return operation{service, name, method.Type.In(2).Elem()}
}

// call performs the operation with a client of a config, and reads the answer's body.
func (o operation) call(ctx context.Context, config aws.Config, in any) error {
	return o.callWith(ctx, clientsOf[o.service](config), in)
}

func (o operation) callWith(ctx context.Context, client, in any) error {
	method := reflect.ValueOf(client).MethodByName(o.name)
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
	err, _ := results[1].Interface().(error)
	if err == nil {
		if body := results[0].Elem().FieldByName("Body"); body.IsValid() {
			if closer, ok := body.Interface().(io.Closer); ok {
				return closer.Close()
			}
		}
		switch out := results[0].Interface().(type) {
		case *s3.SelectObjectContentOutput:
			if out.GetStream() != nil {
				return out.GetStream().Close()
			}
		case *kinesis.SubscribeToShardOutput:
			if out.GetStream() != nil {
				return out.GetStream().Close()
			}
		}
	}
	return err
}

// A filler makes inputs of what the SDK's client says is required, and of values.
type filler struct {
	// values are those of members, by "Operation.Member", by "service.Member" and by
	// "Member", each also behind "service.". A value is of the member's type, or a string.
	values map[string]any
	// text is what a string gets that there is no value for.
	text string
}

var errSent = errors.New("the input has all that is required")

// input makes the input of an operation: values for "Operation.Member" are set whether or
// not they are required.
func (f filler) input(t testing.TB, o operation) any {
	t.Helper()
	in := reflect.New(o.input)
	for i := range o.input.NumField() {
		member := o.name + "." + o.input.Field(i).Name
		value, ok := f.values[o.service+"."+member]
		if !ok {
			value, ok = f.values[member]
		}
		if ok {
			f.set(o, in.Elem().Field(i), o.input.Field(i).Name, value)
		}
	}
	return f.complete(t, o, in)
}

// complete sets what is required of an input and missing: the SDK's client says what is
// missing until nothing is.
func (f filler) complete(t testing.TB, o operation, in reflect.Value) any {
	t.Helper()
	require.ErrorIs(t, f.add(t.Context(), o, in), errSent, "%s: %+v", o.name, in)
	return in.Interface()
}

// add adds what is missing. The error says why the client does not send the input; errSent
// that it does.
func (f filler) add(ctx context.Context, o operation, in reflect.Value) (err error) {
	for range 10 {
		err = o.callWith(ctx, checking()[o.service], in.Interface())
		var missing smithy.InvalidParamsError
		if !errors.As(err, &missing) {
			return err
		}
		for _, m := range missing.Errs() {
			_, path, _ := strings.Cut(m.(smithy.InvalidParamError).Field(), ".")
			f.fill(o, in.Elem(), path)
		}
	}
	return err
}

var index = regexp.MustCompile(`^(\w+)\[(.+)\]$`)

// fill sets the member of a path: "Tagging.TagSet[0].Key".
func (f filler) fill(o operation, v reflect.Value, path string) {
	step, rest, more := strings.Cut(path, ".")
	item := ""
	if m := index.FindStringSubmatch(step); m != nil {
		step, item = m[1], m[2]
	}
	member := v.FieldByName(step)
	if item == "" && !more {
		f.set(o, member, step, f.valueOf(o, step))
		return
	}
	if member.Kind() == reflect.Pointer {
		member = member.Elem()
	}
	if n, err := strconv.Atoi(item); err == nil {
		member = member.Index(n)
	}
	if member.Kind() == reflect.Pointer {
		member = member.Elem()
	}
	f.fill(o, member, rest)
}

func (f filler) valueOf(o operation, member string) any {
	for _, key := range []string{o.service + "." + o.name + "." + member, o.name + "." + member, o.service + "." + member, member} {
		if value, ok := f.values[key]; ok {
			return value
		}
	}
	return nil
}

// set sets a member to a value, or to one of its type when there is none: the first
// value of an enum, a list of one.
func (f filler) set(o operation, v reflect.Value, name string, value any) {
	if value != nil && reflect.TypeOf(value).AssignableTo(v.Type()) {
		v.Set(copied(reflect.ValueOf(value))) // tests change their inputs
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.set(o, v.Elem(), name, value)
	case reflect.String:
		v.SetString(f.textOf(v.Type(), value))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("data"))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.set(o, v.Index(0), name, value)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Now().Add(time.Hour)))
			return
		}
		for i := range v.NumField() { // what the SDK does not ask for, but AWS does
			if value := f.values[v.Type().Name()+"."+v.Type().Field(i).Name]; value != nil {
				f.set(o, v.Field(i), v.Type().Field(i).Name, value)
			}
		}
	case reflect.Interface:
		if v.Type() != reflect.TypeFor[io.Reader]() {
			panic(o.name + " wants a value of type " + v.Type().String() + " for " + name)
		}
		text, ok := value.(string)
		if !ok {
			text = "data"
		}
		v.Set(reflect.ValueOf(strings.NewReader(text))) // one of its own: clients read it
	default:
		panic("no value of type " + v.Type().String() + " for " + name)
	}
}

// copied copies what pointers, lists and unions of a value refer to.
func copied(v reflect.Value) reflect.Value {
	switch c := reflect.New(v.Type()).Elem(); {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		c.Set(reflect.New(v.Type().Elem()))
		c.Elem().Set(copied(v.Elem()))
		return c
	case v.Kind() == reflect.Interface && !v.IsNil():
		c.Set(copied(v.Elem()))
		return c
	case v.Kind() == reflect.Slice && !v.IsNil():
		c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			c.Index(i).Set(copied(v.Index(i)))
		}
		return c
	case v.Kind() == reflect.Struct:
		c.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(copied(v.Field(i)))
			}
		}
		return c
	}
	return v
}

func (f filler) textOf(t reflect.Type, value any) string {
	if value != nil {
		return value.(string)
	}
	if values, ok := t.MethodByName("Values"); ok {
		return values.Func.Call([]reflect.Value{reflect.Zero(t)})[0].Index(0).String()
	}
	return f.text
}
