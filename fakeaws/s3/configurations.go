package s3

import (
	"context"
	"reflect"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// configurations are what is configured for a bucket, by type: each
// configuration has one of its own. What is stored never changes; another takes
// its place.
type configurations struct {
	single map[reflect.Type]any
	listed map[reflect.Type]map[string]any // those of which a bucket has many, by id
}

// configured returns the configuration of a bucket, or nil.
func configured[T any](b *bucket) *T {
	v, _ := b.single[reflect.TypeFor[T]()].(*T)
	return v
}

func configure[T any](b *bucket, v *T) {
	if v == nil {
		delete(b.single, reflect.TypeFor[T]())
		return
	}
	if b.single == nil {
		b.single = make(map[reflect.Type]any)
	}
	b.single[reflect.TypeFor[T]()] = v
}

// A configuration is one that buckets may have: T as the members of the inputs
// and outputs of its operations have it. To add one is to add a row.
type configuration[T any] struct {
	// get and put are the actions; there is no action of its own to delete one,
	// but for delete.
	get, put, delete string
	// absent is what a bucket has that was given none, or the error.
	absent func(*bucket) (*T, error)
	// check says what the published schema cannot.
	check func(*T) error
	// before is asked with the lock not held, admit with it held, before it is stored.
	before func(*Fake, *fakeaws.Call, bucketRef, *T) error
	admit  func(*Fake, *bucket, *T) error
	// after is done once it is stored, with the lock not held.
	after func(*Fake, *fakeaws.Call, bucketRef, *T)
	// also adds the permissions that a new configuration needs besides; keys adds
	// condition keys of its own to the permission.
	also func(*fakeaws.Call, fakeaws.Need, *T) []fakeaws.Need
	keys func(*enforce.Context, *T)
}

// missing is the absent of a configuration that must be put first.
func missing[T any](k kind) func(*bucket) (*T, error) {
	return func(b *bucket) (*T, error) { return nil, k.of("BucketName", b.name) }
}

// usual is the absent of a configuration that every bucket has.
func usual[T any](v T) func(*bucket) (*T, error) {
	return func(*bucket) (*T, error) { return &v, nil }
}

// read takes the configuration out of the input of its operation.
func (c *configuration[T]) read(in any) (*T, error) {
	if !published(in) {
		return nil, errMalformedXML.of()
	}
	cfg := gather[T](in)
	if c.check == nil {
		return cfg, nil
	}
	return cfg, c.check(cfg)
}

// of is the configuration of a bucket, or what every bucket has, or the error.
func (c *configuration[T]) of(b *bucket) (*T, error) {
	if cfg := configured[T](b); cfg != nil {
		return cfg, nil
	}
	return c.absent(b)
}

// putting is the row of the operation that sets a configuration.
func putting[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		call, ref := fakeaws.CallFrom(ctx), refOf(in)
		cfg, err := c.read(in)
		if err == nil && c.before != nil {
			err = c.before(s, call, ref, cfg)
		}
		if err != nil {
			return nil, err
		}
		if err := c.store(s, call, ref, cfg); err != nil {
			return nil, err
		}
		if c.after != nil {
			c.after(s, call, ref, cfg)
		}
		out := new(O)
		spread(cfg, out)
		return out, nil
	}
	return fakeaws.BindMethod(method, func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		call := fakeaws.CallFrom(ctx)
		cfg, err := c.read(in)
		if err != nil {
			return nil, err
		}
		return c.needs(s, call, refOf(in), cfg)
	})
}

// store gives the configuration to the bucket.
func (c *configuration[T]) store(s *Fake, call *fakeaws.Call, ref bucketRef, cfg *T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, ref)
	if err == nil && c.admit != nil {
		err = c.admit(s, b, cfg)
	}
	if err == nil {
		configure(b, cfg)
	}
	return err
}

func (c *configuration[T]) needs(s *Fake, call *fakeaws.Call, ref bucketRef, cfg *T) ([]fakeaws.Need, error) {
	needs, err := s.bucketNeeds(call, ref, c.put)
	if err != nil {
		return nil, err
	}
	if c.keys != nil {
		c.keys(&needs[0].Context, cfg)
	}
	if c.also != nil {
		needs = append(needs, c.also(call, needs[0], cfg)...)
	}
	return needs, nil
}

// getting is the row of the operation that returns a configuration.
func getting[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
		if err != nil {
			return nil, err
		}
		cfg, err := c.of(b)
		if err != nil {
			return nil, err
		}
		out := new(O)
		spread(cfg, out)
		return out, nil
	}
	return fakeaws.BindMethod(method, onBucket(s, c.get, refOf[I]))
}

// deleting is the row of the operation that takes a configuration away, or does
// nothing where there is none.
func deleting[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
		if err != nil {
			return nil, err
		}
		configure[T](b, nil)
		return new(O), nil
	}
	action := c.delete
	if action == "" {
		action = c.put
	}
	return fakeaws.BindMethod(method, onBucket(s, action, refOf[I]))
}

// refOf names the bucket of an input: all have the members for it.
func refOf[I any](in *I) bucketRef {
	v := reflect.ValueOf(in).Elem()
	ref := bucketRef{name: textOf(v, "Bucket")}
	if owner := v.FieldByName("ExpectedBucketOwner"); owner.IsValid() {
		ref.expectedOwner = owner.Interface().(*string)
	}
	return ref
}

// textOf is the member of an input that is a text.
func textOf(v reflect.Value, name string) *string { return v.FieldByName(name).Interface().(*string) }

// published reports whether the document of an input is as S3's schema has it.
func published(in any) bool {
	model, _ := wire.Load("s3")
	name, _ := strings.CutSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
	return model.Operation(name).Published(in)
}

// gather copies the configuration out of an input: the member that is one, or,
// by their names, the members that it is made of.
func gather[T any](in any) *T {
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		if cfg, ok := fieldOf(v, i).(*T); ok {
			return copied(cfg)
		}
	}
	out := new(T)
	take(reflect.ValueOf(out).Elem(), v)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && f.Type().Elem().Kind() == reflect.Struct && !f.IsNil() {
			take(reflect.ValueOf(out).Elem(), f.Elem())
		}
	}
	return copied(out)
}

// spread fills an output in with a configuration: as the member that is one, or
// the members of the same names.
func spread[T any](cfg *T, out any) {
	v := reflect.ValueOf(out).Elem()
	cfg = copied(cfg)
	for i := range v.NumField() {
		if _, ok := fieldOf(v, i).(*T); ok {
			v.Field(i).Set(reflect.ValueOf(cfg))
			return
		}
	}
	take(v, reflect.ValueOf(cfg).Elem())
}

// take sets the fields of to which from has under the same name and type.
func take(to, from reflect.Value) {
	for i := range to.NumField() {
		if f := from.FieldByName(to.Type().Field(i).Name); f.IsValid() && f.Type() == to.Field(i).Type() && to.Field(i).CanSet() {
			to.Field(i).Set(f)
		}
	}
}

// fieldOf is a field of a struct; nil where it is not exported.
func fieldOf(v reflect.Value, i int) any {
	if f := v.Field(i); f.CanInterface() {
		return f.Interface()
	}
	return nil
}

// copied is a deep copy: what is stored is nobody else's, and what is handed out
// is not what is stored.
func copied[T any](v *T) *T {
	out := new(T)
	copyInto(reflect.ValueOf(out).Elem(), reflect.ValueOf(v).Elem())
	return out
}

func copyInto(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			copyInto(to.Elem(), from.Elem())
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				copyInto(to.Index(i), from.Index(i))
			}
		}
	case reflect.Interface:
		if !from.IsNil() {
			value := reflect.New(from.Elem().Type()).Elem()
			copyInto(value, from.Elem())
			to.Set(value)
		}
	case reflect.Struct:
		to.Set(from)
		for i := range from.NumField() {
			if to.Field(i).CanSet() {
				copyInto(to.Field(i), from.Field(i))
			}
		}
	default:
		to.Set(from)
	}
}
