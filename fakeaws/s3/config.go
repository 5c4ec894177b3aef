package s3

import (
	"cmp"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// configurations are what is configured for a bucket; nil is not configured. What is
// stored never changes: another takes its place.
type configurations struct {
	abac              *types.AbacStatus
	accelerate        *types.AccelerateConfiguration
	cors              *types.CORSConfiguration
	encryption        *types.ServerSideEncryptionConfiguration
	lifecycle         *lifecycle
	logging           *types.BucketLoggingStatus
	metadataTables    *types.MetadataConfigurationResult
	notifications     *notifications
	ownershipControls *types.OwnershipControls
	replication       *types.ReplicationConfiguration
	requestPayment    *types.RequestPaymentConfiguration
	website           *types.WebsiteConfiguration
	// Of these a bucket has many, by id.
	analytics map[string]*types.AnalyticsConfiguration
	inventory map[string]*types.InventoryConfiguration
	metrics   map[string]*types.MetricsConfiguration
	tiering   map[string]*types.IntelligentTieringConfiguration
}

// A configuration is one that buckets may have. To add one is to add rows.
type configuration[T any] struct {
	// get and put are the actions; there is no action of its own to delete one,
	// but for delete.
	get, put, delete string
	// of is where a bucket has the configuration.
	of func(*configurations) **T
	// absent is what a bucket has that was given none, or the error.
	absent func(*bucket) (*T, error)
	// first refuses what the published schema would refuse in other words.
	first func(*T) error
	// check says what the published schema cannot, and adds defaults.
	check func(*T) error
	// admit is asked with the lock held, before a bucket gets the configuration.
	admit func(*Fake, *bucket, *T) error
	// also adds the permissions that a new configuration needs besides.
	also func(put *fakeaws.Need, cfg *T) []fakeaws.Need
}

// missing is the absent of a configuration that must be put first.
func missing[T any](err s3Error) func(*bucket) (*T, error) {
	return func(b *bucket) (*T, error) { return nil, err.of("BucketName", b.name) }
}

// usual is the absent of a configuration that every bucket has.
func usual[T any](v T) func(*bucket) (*T, error) {
	return func(*bucket) (*T, error) { return &v, nil }
}

// readConfiguration copies the configuration that an input gives, once the document of
// the input was found to be as S3's published schema has it.
func readConfiguration[T any](call *fakeaws.Call, in any, cfg *T, check func(*T) error) (*T, error) {
	if !published(call, in) || cfg == nil {
		return nil, errMalformedXML.of()
	}
	cfg = copied(cfg)
	if check == nil {
		return cfg, nil
	}
	return cfg, check(cfg)
}

// published reports whether the document of an input is as S3's schema has it.
func published(call *fakeaws.Call, in any) bool {
	model, _ := wire.Load("s3")
	return model.Operation(call.Operation).Published(in)
}

// putting is the row of the operation that sets a configuration.
func putting[O, I, T any](s *Fake, c *configuration[T], read func(*I) (bucketRef, *T)) fakeaws.Op {
	return bind(s, func(call *fakeaws.Call, in *I) (*fakeaws.Plan[*O], error) {
		ref, given := read(in)
		b, cfg, needs, err := c.askToPut(s, call, in, ref, given)
		if err != nil {
			return nil, err
		}
		return withBucket(s, call, b, needs, func(b *bucket) (*O, error) {
			if err := c.store(s, b, cfg); err != nil {
				return nil, err
			}
			return new(O), nil
		}), nil
	})
}

// askToPut finds the bucket that is given a configuration, and the permissions for it.
func (c *configuration[T]) askToPut(s *Fake, call *fakeaws.Call, in any, ref bucketRef, given *T) (*bucket, *T, []fakeaws.Need, error) {
	b, needs, err := s.askBucket(call, ref, c.put)
	if err != nil {
		return nil, nil, nil, err
	}
	if given != nil && c.first != nil {
		if err := c.first(given); err != nil {
			return nil, nil, nil, err
		}
	}
	cfg, err := readConfiguration(call, in, given, c.check)
	if err == nil && c.also != nil {
		needs = append(needs, c.also(&needs[0], cfg)...)
	}
	return b, cfg, needs, err
}

// store gives a configuration to a bucket. The lock is held.
func (c *configuration[T]) store(s *Fake, b *bucket, cfg *T) error {
	if c.admit != nil {
		if err := c.admit(s, b, cfg); err != nil {
			return err
		}
	}
	*c.of(&b.configurations) = cfg
	return nil
}

// getting is the row of the operation that returns a configuration.
func getting[I, O, T any](s *Fake, c *configuration[T], bucketOf func(I) bucketRef, answer func(*T) O) fakeaws.Op {
	return bind(s, func(call *fakeaws.Call, in I) (*fakeaws.Plan[O], error) {
		return onBucket(s, call, bucketOf(in), c.get, func(b *bucket) (none O, err error) {
			cfg := *c.of(&b.configurations)
			if cfg == nil {
				var err error
				if cfg, err = c.absent(b); err != nil {
					return none, err
				}
			}
			return answer(copied(cfg)), nil
		})
	})
}

// deleting is the row of the operation that takes a configuration away, or does
// nothing where there is none.
func deleting[O, I, T any](s *Fake, c *configuration[T], bucketOf func(*I) bucketRef) fakeaws.Op {
	action := cmp.Or(c.delete, c.put)
	return bind(s, func(call *fakeaws.Call, in *I) (*fakeaws.Plan[*O], error) {
		return onBucket(s, call, bucketOf(in), action, func(b *bucket) (*O, error) {
			*c.of(&b.configurations) = nil
			return new(O), nil
		})
	})
}

// copied is a deep copy. S3 stores copies of what it is given and returns copies of what
// it stores.
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
