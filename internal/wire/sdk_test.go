package wire

import (
	"context"
	"go/build"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sdkOp is an operation of an SDK client, as reflection finds it.
type sdkOp struct {
	service string
	name    string
	in, out reflect.Type // structs
	method  int          // of the client
}

// clients has the SDK client of each service, to be asked for its operations.
var clients = map[string]reflect.Type{
	"iam":           reflect.TypeFor[*iam.Client](),
	"organizations": reflect.TypeFor[*organizations.Client](),
	"s3":            reflect.TypeFor[*s3.Client](),
	"sqs":           reflect.TypeFor[*sqs.Client](),
	"sts":           reflect.TypeFor[*sts.Client](),
}

// operationsOf returns every operation of the SDK's client of a service.
func operationsOf(service string) []sdkOp {
	client := clients[service]
	var ops []sdkOp
	for i := range client.NumMethod() {
		m := client.Method(i).Type
		if m.NumIn() != 4 || m.NumOut() != 2 || m.In(2).Kind() != reflect.Pointer || !strings.HasSuffix(m.In(2).Elem().Name(), "Input") {
			continue
		}
		ops = append(ops, sdkOp{service, client.Method(i).Name, m.In(2).Elem(), m.Out(0).Elem(), i})
	}
	return ops
}

// forEachOperation runs f for every operation of the four services.
func forEachOperation(t *testing.T, f func(t *testing.T, op sdkOp, o *Operation)) {
	for service := range clients {
		s, ok := Load(service)
		require.True(t, ok, service)
		ops := operationsOf(service)
		require.NotEmpty(t, ops, service)
		for _, op := range ops {
			t.Run(service+"/"+op.name, func(t *testing.T) {
				t.Parallel()
				o := s.Operation(op.name)
				require.NotNil(t, o, "the schema has no %s", op.name)
				f(t, op, o)
			})
		}
	}
}

// moduleDir returns the folder of an SDK module's source: that of one of its
// functions.
func moduleDir(t testing.TB, service string) string {
	f := map[string]any{"iam": iam.NewFromConfig, "organizations": organizations.NewFromConfig, "s3": s3.NewFromConfig, "sqs": sqs.NewFromConfig, "sts": sts.NewFromConfig}[service]
	pc := reflect.ValueOf(f).Pointer()
	file, _ := runtime.FuncForPC(pc).FileLine(pc)
	dir := filepath.Dir(file)
	if !filepath.IsAbs(dir) { // built with -trimpath
		cache := os.Getenv("GOMODCACHE")
		if cache == "" {
			cache = filepath.Join(build.Default.GOPATH, "pkg", "mod")
		}
		dir = filepath.Join(cache, dir)
	}
	require.DirExists(t, dir)
	return dir
}

var instant = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// filler sets every member of a value, as the SDK's snapshot generator does:
// strings say their member's name, numbers are 1, lists have two elements.
type filler struct {
	service *Service
	union   int // which of their members unions get
}

func (f filler) fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), name)
	case reflect.String:
		v.SetString(fillText(v.Type(), name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("blob"))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0), "Member")
		f.fill(v.Index(1), "Member")
	case reflect.Map:
		e := reflect.New(v.Type().Elem()).Elem()
		f.fill(e, "Value")
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key0").Convert(v.Type().Key()), e)
	case reflect.Interface:
		f.fillInterface(v, name)
	case reflect.Struct:
		f.fillStruct(v)
	default:
		panic("fill: " + v.Type().String())
	}
}

func fillText(t reflect.Type, name string) string {
	if values, ok := t.MethodByName("Values"); ok {
		all := values.Func.Call([]reflect.Value{reflect.Zero(t)})[0]
		return all.Index(0).String()
	}
	if name == "RequestRoute" {
		return name + "-value" // it must be fit for a host name
	}
	return "__" + name + "__"
}

func (f filler) fillInterface(v reflect.Value, name string) {
	switch v.Type() {
	case reflect.TypeFor[io.Reader](), reflect.TypeFor[io.ReadCloser]():
		v.Set(reflect.ValueOf(io.NopCloser(strings.NewReader("__" + name + "__"))))
		return
	}
	union := f.service.shapes[v.Type().Name()]
	if union == nil {
		panic("fill: " + v.Type().String())
	}
	member := v.Type().Name() + "Member" + capitalize(union.Members[f.union%len(union.Members)].Name)
	typ, ok := unionMembers[v.Type().PkgPath()+"."+member]
	if !ok {
		panic("fill: unknown member " + member)
	}
	m := reflect.New(typ)
	f.fill(m.Elem().Field(0), member)
	v.Set(m)
}

func (f filler) fillStruct(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(instant))
		return
	}
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		if sf.Type.Kind() == reflect.Slice && sf.Type.Elem() == v.Type() {
			continue // a structure in itself has no end
		}
		if sf.IsExported() && !sf.Anonymous && sf.Name != "ResultMetadata" && sf.Name != "ErrorCodeOverride" {
			f.fill(v.Field(i), sf.Name)
		}
	}
}

// diffSDK compares pointers to structs of the SDK: unexported fields and result
// metadata aside, readers by what they read.
func diffSDK(want, got any) string {
	readAll(reflect.ValueOf(want).Elem())
	readAll(reflect.ValueOf(got).Elem())
	return cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool {
		sf, ok := p.Last().(cmp.StructField)
		if !ok {
			return false
		}
		switch sf.Name() {
		case "ResultMetadata", "noSmithyDocumentSerde", "eventStream":
			return true
		}
		return false
	}, cmp.Ignore()))
}

// bodyText is a reader that can be compared.
type bodyText string

func (bodyText) Read([]byte) (int, error) { return 0, io.EOF }
func (bodyText) Close() error             { return nil }

// readAll puts a bodyText in the place of each reader of a struct.
func readAll(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() != reflect.Interface || !f.CanSet() || f.IsNil() {
			continue
		}
		if r, ok := f.Interface().(io.Reader); ok {
			b, err := io.ReadAll(r)
			if err != nil {
				b = []byte(err.Error())
			}
			f.Set(reflect.ValueOf(bodyText(b)))
		}
	}
}

// call calls a client's method by reflection.
func (op sdkOp) call(ctx context.Context, client any, in reflect.Value) (any, error) {
	res := reflect.ValueOf(client).Method(op.method).Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ := res[1].Interface().(error)
	return res[0].Interface(), err
}
