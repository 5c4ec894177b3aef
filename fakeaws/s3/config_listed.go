package s3

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// maxListed is the most configurations of one type that a bucket may have by id,
// and pageOfListed how many of them a list has.
const (
	maxListed    = 1000
	pageOfListed = 100
)

// A listedConfiguration is one of which a bucket may have many, by id.
type listedConfiguration[T any] struct {
	get, put string // the actions
	// of is where a bucket has them.
	of func(*configurations) *map[string]*T
	// id is that of a configuration.
	id func(*T) *string
	// check says what the published schema cannot.
	check func(*T) error
	// keys adds condition keys of its own to the permission.
	keys func(*enforce.Context, *T)
}

// A configurationRef is how an input names one of them.
type configurationRef struct {
	bucketRef
	id *string
}

// A configurationPage is what the answers share that list them: the token of the
// request, whether the list goes on, and the token of what follows.
type configurationPage struct {
	token     *string
	truncated *bool
	next      *string
}

// puttingOne is the row of the operation that sets a configuration of a bucket.
func puttingOne[O, I, T any](s *Fake, c *listedConfiguration[T], read func(*I) (configurationRef, *T)) fakeaws.Op {
	return bind(s, func(call *fakeaws.Call, in *I) (*fakeaws.Plan[*O], error) {
		ref, given := read(in)
		cfg, err := readConfiguration(call, in, given, c.check)
		if err != nil {
			return nil, err
		}
		id := aws.ToString(ref.id)
		if id != aws.ToString(c.id(cfg)) {
			// That S3 compares the two is unverified, and so is the text.
			return nil, invalidArgument("The id of the configuration is not the id of the request.", "id", id)
		}
		b, needs, err := s.askBucket(call, ref.bucketRef, c.put)
		if err != nil {
			return nil, err
		}
		if c.keys != nil {
			c.keys(&needs[0].Context, cfg)
		}
		return withBucket(s, call, b, needs, func(b *bucket) (*O, error) {
			all := c.of(&b.configurations)
			if _, old := (*all)[id]; !old && len(*all) == maxListed {
				return nil, errTooManyConfigurations.of()
			}
			if *all == nil {
				*all = make(map[string]*T)
			}
			(*all)[id] = cfg
			return new(O), nil
		}), nil
	})
}

// gettingOne is the row of the operation that returns a configuration.
func gettingOne[I, O, T any](s *Fake, c *listedConfiguration[T], refOf func(I) configurationRef, answer func(*T) O) fakeaws.Op {
	return bind(s, func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		ref := refOf(in)
		return onBucket(s, call, ref.bucketRef, c.get, func(b *bucket) (none O, err error) {
			cfg, ok := (*c.of(&b.configurations))[aws.ToString(ref.id)]
			if !ok {
				return none, errNoSuchConfiguration.of()
			}
			return answer(copied(cfg)), nil
		})
	})
}

// deletingOne is the row of the operation that takes a configuration away.
func deletingOne[O, I, T any](s *Fake, c *listedConfiguration[T], refOf func(*I) configurationRef) fakeaws.Op {
	return bind(s, func(call *fakeaws.Call, in *I) (*fakeaws.Plan[*O], error) {
		ref := refOf(in)
		return onBucket(s, call, ref.bucketRef, c.put, func(b *bucket) (*O, error) {
			all, id := *c.of(&b.configurations), aws.ToString(ref.id)
			if _, ok := all[id]; !ok {
				return nil, errNoSuchConfiguration.of()
			}
			delete(all, id)
			return new(O), nil
		})
	})
}

// listingAll is the row of the operation that lists them, page by page.
func listingAll[I, O, T any](s *Fake, c *listedConfiguration[T], read func(I) (ref bucketRef, token *string), answer func([]T, configurationPage) O) fakeaws.Op {
	return bind(s, func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		ref, token := read(in)
		b, needs, err := s.askBucket(call, ref, c.get)
		if err != nil {
			return nil, err
		}
		return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
			after, err := afterToken(token)
			if err != nil {
				return none, err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if err := b.still(call); err != nil {
				return none, err
			}
			all := *c.of(&b.configurations)
			ids := page.Sorted(slices.Sorted(maps.Keys(all)), func(id string) string { return id })
			p := page.Of(ids, after, pageOfListed, page.Every(func(id string) T { return *copied(all[id]) }))
			return answer(p.Items, configurationPage{token, aws.Bool(p.Truncated()), p.Next}), nil
		}}, nil
	})
}
