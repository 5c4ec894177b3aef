package secretsmanager

import (
	"maps"
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A secret is one secret of a region: a primary, or a replica, which shares the content of
// its primary.
type secret struct {
	id     secretID
	suffix string // that ends the ARN
	*content

	// kmsKey is the key as the owner named it; empty is aws/secretsmanager.
	kmsKey   string
	accessed time.Time // zero when never
	// deleted is when it was marked for deletion, and expires when it goes for good; zero
	// where it was not.
	deleted, expires time.Time
	// forced says that nobody can restore it.
	forced bool
	gone   bool

	primary  *secret // of a replica
	replicas []*replica
}

// content is what a secret and its replicas have in common.
type content struct {
	description string
	tags        map[string]string
	policy      *fakeaws.ResourcePolicy
	versions    []*version // the oldest first
	labels      map[string]*version
	created     time.Time
	changed     time.Time
	rotation    rotation
}

// A version is one value of a secret. One that a rotation begins has none yet.
type version struct {
	id       string
	text     *string
	binary   []byte
	created  time.Time
	accessed time.Time
	// keys are the KMS keys under which it is encrypted, as the owner named them: any of
	// them decrypts it.
	keys []string
}

// hasValue reports whether somebody has put a value into the version.
func (v *version) hasValue() bool { return v.text != nil || v.binary != nil }

// The staging labels of Secrets Manager itself.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"
)

func (x *secret) arn() string { return x.id.arn(x.suffix) }

// region is the one in which the secret was made.
func (x *secret) region() string {
	if x.primary != nil {
		return x.primary.id.region
	}
	return x.id.region
}

func (x *secret) expired(now time.Time) bool { return !x.expires.IsZero() && !now.Before(x.expires) }

// version returns the version with an id.
func (c *content) version(id string) *version {
	for _, v := range c.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

// labelsOf returns the staging labels of a version, in order.
func (c *content) labelsOf(v *version) []string {
	var all []string
	for label, of := range c.labels {
		if of == v {
			all = append(all, label)
		}
	}
	slices.Sort(all)
	return all
}

// keysOf are the KMS keys that decrypt a version, as their owner named them. A replica is
// encrypted under the key of its own region.
func (x *secret) keysOf(v *version) []string {
	if x.primary != nil {
		return []string{x.kmsKey}
	}
	return v.keys
}

// clone copies the content for a replica that becomes a secret of its own.
func (c *content) clone(w *fakeaws.World, key string) *content {
	out := *c
	out.tags = maps.Clone(c.tags)
	out.policy = c.policy.For(w)
	out.labels = make(map[string]*version, len(c.labels))
	out.versions = make([]*version, len(c.versions))
	for i, v := range c.versions {
		copied := *v
		copied.keys = []string{key}
		out.versions[i] = &copied
		for label, of := range c.labels {
			if of == v {
				out.labels[label] = &copied
			}
		}
	}
	return &out
}

// noPolicy stands for the policy of a secret that has none: callers of other accounts are
// told that no resource-based policy allows them.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// need is one permission on the secret, with the policy and tags that it has now.
func (x *secret) need(action string) fakeaws.Need {
	n := fakeaws.Need{Action: action, Resource: x.arn(), ResourceAccount: x.id.account, Policy: noPolicy}
	if x.policy != nil {
		n.Policy = x.policy.Policy()
	}
	setResourceTags(&n.Context, x.tags)
	n.Context.Set("secretsmanager:SecretPrimaryRegion", x.region())
	if x.rotation.function != "" {
		n.Context.Set("secretsmanager:resource/AllowRotationLambdaArn", x.rotation.function)
	}
	return n
}

// setResourceTags sets the keys of the tags of a secret, of which there are two.
func setResourceTags(c *enforce.Context, tags map[string]string) {
	c.Grow(2*len(tags) + 4)
	for key, value := range tags {
		c.Set("aws:ResourceTag/"+key, value)
		c.Set("secretsmanager:ResourceTag/"+key, value)
	}
}
