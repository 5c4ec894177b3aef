package s3

import (
	"context"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxListed is the most configurations of one kind that a bucket may have by id,
// and pageOfListed how many of them a list has.
const (
	maxListed    = 1000
	pageOfListed = 100
)

// puttingOne, gettingOne, deletingOne and listingAll are the rows of a configuration
// of which a bucket may have many.
func puttingOne[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	read := func(in *I) (*T, error) {
		cfg, err := c.read(in)
		if err != nil {
			return nil, err
		}
		named, own := aws.ToString(idOf(in)), aws.ToString(textOf(reflect.ValueOf(cfg).Elem(), "Id"))
		if named != own {
			// That S3 compares the two is unverified, and so is the text.
			return nil, invalidArgument("The id of the configuration is not the id of the request.", "id", named)
		}
		return cfg, nil
	}
	method := func(ctx context.Context, in *I) (*O, error) {
		call, ref := fakeaws.CallFrom(ctx), refOf(in)
		cfg, err := read(in)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(call, ref)
		if err == nil && c.admit != nil {
			err = c.admit(s, b, cfg)
		}
		if err != nil {
			return nil, err
		}
		all := b.allOf(reflect.TypeFor[T]())
		if _, old := all[*idOf(in)]; !old && len(all) == maxListed {
			return nil, errTooManyConfigurations.of()
		}
		all[*idOf(in)] = cfg
		return new(O), nil
	}
	return fakeaws.BindMethod(method, func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		call := fakeaws.CallFrom(ctx)
		cfg, err := read(in)
		if err != nil {
			return nil, err
		}
		return c.needs(s, call, refOf(in), cfg)
	})
}

func gettingOne[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
		if err != nil {
			return nil, err
		}
		cfg, ok := b.listed[reflect.TypeFor[T]()][aws.ToString(idOf(in))].(*T)
		if !ok {
			return nil, errNoSuchConfiguration.of()
		}
		out := new(O)
		spread(cfg, out)
		return out, nil
	}
	return fakeaws.BindMethod(method, onBucket(s, c.get, refOf[I]))
}

func deletingOne[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
		if err != nil {
			return nil, err
		}
		all := b.listed[reflect.TypeFor[T]()]
		if _, ok := all[aws.ToString(idOf(in))]; !ok {
			return nil, errNoSuchConfiguration.of()
		}
		delete(all, *idOf(in))
		return new(O), nil
	}
	return fakeaws.BindMethod(method, onBucket(s, c.put, refOf[I]))
}

func listingAll[I, O, T any](s *Fake, c *configuration[T]) fakeaws.Op {
	method := func(ctx context.Context, in *I) (*O, error) {
		token := textOf(reflect.ValueOf(in).Elem(), "ContinuationToken")
		after, err := listToken(token)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		b, err := s.bucket(fakeaws.CallFrom(ctx), refOf(in))
		if err != nil {
			return nil, err
		}
		page, next := b.listedPage(reflect.TypeFor[T](), after)
		out := new(O)
		v := reflect.ValueOf(out).Elem()
		list := v.FieldByName(reflect.TypeFor[T]().Name() + "List")
		for _, cfg := range page {
			list.Set(reflect.Append(list, reflect.ValueOf(copied(cfg.(*T))).Elem()))
		}
		v.FieldByName("ContinuationToken").Set(reflect.ValueOf(token))
		v.FieldByName("IsTruncated").Set(reflect.ValueOf(aws.Bool(next != nil)))
		v.FieldByName("NextContinuationToken").Set(reflect.ValueOf(next))
		return out, nil
	}
	return fakeaws.BindMethod(method, onBucket(s, c.get, refOf[I]))
}

func idOf(in any) *string { return textOf(reflect.ValueOf(in).Elem(), "Id") }

// allOf is where the configurations of one type are, by id.
func (c *configurations) allOf(t reflect.Type) map[string]any {
	if c.listed == nil {
		c.listed = make(map[reflect.Type]map[string]any)
	}
	if c.listed[t] == nil {
		c.listed[t] = make(map[string]any)
	}
	return c.listed[t]
}

// listedPage is the part of a list that follows an id, and the token of the next part.
func (c *configurations) listedPage(t reflect.Type, after string) (page []any, next *string) {
	ids := make([]string, 0, len(c.listed[t]))
	for id := range c.listed[t] {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) > pageOfListed {
		ids = ids[:pageOfListed]
		next = newListToken(ids[pageOfListed-1])
	}
	for _, id := range ids {
		page = append(page, c.listed[t][id])
	}
	return page, next
}
