package enforce

import (
	"encoding/base64"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// Context holds condition keys and their values. Keys are case-insensitive; a
// key that is set again is replaced. The zero value is ready to use. Lookups
// that find nothing continue in Base.
type Context struct {
	Base    *Context
	entries []entry
	index   keyIndex // of many entries, nil for few
}

// A keyIndex says where keys stand in the entries of a Context, by their names in lower
// case. Only setting uses it: copies of a Context share it, so that it also has what
// other copies have set, and lookups of any number of goroutines must not wait for it.
type keyIndex map[string]int

// manyKeys is from how many keys on a Context has an index: to look through fewer is
// faster.
const manyKeys = 64

// An entry is small: the log of a World keeps those of thousands of requests.
type entry struct {
	key   *conditionKey
	value value
}

// A value is what a request holds for a condition key.
type value struct {
	kind  valueKind
	known uint16 // of the entry's key
	micro int64  // since 1970, of an instant or epoch
	one   string
	many  *[]string // of a multivalued key
}

type valueKind uint8

const (
	single valueKind = iota
	multi
	instant   // text like "2026-11-22T20:26:45Z"
	epoch     // text like "1795379205"
	binary    // bytes; text in base64
	absentKey // the request has none
)

// Grow makes room for n more keys.
func (c *Context) Grow(n int) { c.entries = slices.Grow(c.entries, n) }

// Set sets a single-valued key.
func (c *Context) Set(key, val string) { c.set(key, value{one: val}) }

// SetMulti sets a multivalued key, like aws:TagKeys. The values are not copied.
func (c *Context) SetMulti(key string, values []string) {
	c.set(key, value{kind: multi, many: &values})
}

// SetBool sets a key to "true" or "false".
func (c *Context) SetBool(key string, v bool) { c.Set(key, strconv.FormatBool(v)) }

// SetTime sets a key to a point in time. Its text is ISO 8601 in UTC, or seconds
// for aws:EpochTime, and is made only when somebody needs it.
func (c *Context) SetTime(key string, t time.Time) {
	kind := instant
	if strings.EqualFold(key, "aws:EpochTime") {
		kind = epoch
	}
	c.set(key, value{kind: kind, micro: t.UnixMicro()})
}

// SetBinary sets a key to bytes, for BinaryEquals. Its text is base64.
func (c *Context) SetBinary(key string, b []byte) { c.set(key, value{kind: binary, one: string(b)}) }

// SetAbsent makes a key one that the request does not have: it is neither derived nor
// looked for in Base. To set it again makes it present.
func (c *Context) SetAbsent(key string) { c.set(key, value{kind: absentKey}) }

func (c *Context) set(name string, v value) {
	key := newConditionKey(name)
	v.known = key.known
	if i := c.place(key); i >= 0 {
		c.entries[i] = entry{key, v}
		return
	}
	c.entries = append(c.entries, entry{key, v})
	if c.index != nil {
		c.index[key.lower] = len(c.entries) - 1
	}
}

// place returns where a key stands among the entries; -1 when it is not set.
func (c *Context) place(k *conditionKey) int {
	if len(c.entries) >= manyKeys {
		if c.index == nil {
			c.index = indexOf(c.entries)
		}
		switch i, ok := c.index[k.lower]; {
		case !ok:
			return -1
		case i < len(c.entries) && c.entries[i].is(k):
			return i
		}
		// Another copy has set the key.
	}
	for i := range c.entries {
		if c.entries[i].is(k) {
			return i
		}
	}
	return -1
}

func indexOf(entries []entry) keyIndex {
	index := make(keyIndex, 2*len(entries))
	for i := range entries {
		index[entries[i].key.lower] = i
	}
	return index
}

// is reports whether the entry is of a key, however both are spelled.
func (e *entry) is(k *conditionKey) bool {
	return e.value.known == k.known && (k.known != 0 || e.key.lower == k.lower)
}

// All ranges over the keys and their values in the order in which they were
// set, those of Base last. A key of Base that is set here too is left out.
func (c *Context) All() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		set := c.finder()
		for at := c; at != nil; at = at.Base {
			for i := range at.entries {
				entry := &at.entries[i]
				if entry.value.kind != absentKey && set(entry.key) == &entry.value && !yield(entry.key.name, entry.value.texts()) {
					return
				}
			}
		}
	}
}

// IsMulti reports whether a key is set, and multivalued: it may have one value or none.
func (c *Context) IsMulti(key string) bool {
	v := c.find(newConditionKey(key))
	return v != nil && v.kind == multi
}

// finder returns find, for callers that look for every key: with many, all are put into
// one table first.
func (c *Context) finder() func(*conditionKey) *value {
	n := 0
	for at := c; at != nil; at = at.Base {
		n += len(at.entries)
	}
	if n < manyKeys {
		return c.find
	}
	values := make(map[string]*value, n)
	for at := c; at != nil; at = at.Base {
		for i := range at.entries {
			if lower := at.entries[i].key.lower; values[lower] == nil {
				values[lower] = &at.entries[i].value
			}
		}
	}
	return func(k *conditionKey) *value { return values[k.lower] }
}

// Bytes is about how many bytes of memory the keys take, without those of Base.
func (c *Context) Bytes() int {
	n := cap(c.entries) * int(unsafe.Sizeof(entry{}))
	for i := range c.entries {
		e := &c.entries[i]
		if n += len(e.value.one); e.key.known == 0 {
			n += len(e.key.name) + len(e.key.lower) + int(unsafe.Sizeof(*e.key))
		}
		if e.value.many != nil {
			for _, v := range *e.value.many {
				n += len(v) + int(unsafe.Sizeof(v))
			}
		}
	}
	return n
}

// Equal reports whether two contexts, with what is beneath them, have the same keys and
// values in the same order.
func (c *Context) Equal(other *Context) bool {
	for c != other {
		if c == nil || other == nil || !slices.EqualFunc(c.entries, other.entries, entry.equal) {
			return false
		}
		c, other = c.Base, other.Base
	}
	return true
}

func (e entry) equal(other entry) bool {
	v, w := &e.value, &other.value
	return (e.key == other.key || e.key.name == other.key.name) &&
		v.kind == w.kind && v.micro == w.micro && v.one == w.one &&
		(v.many == w.many || slices.Equal(*v.many, *w.many)) // those of one kind both have many or neither
}

// Clip gives back the room for further keys that a context has.
func (c *Context) Clip() {
	if len(c.entries) < cap(c.entries) {
		c.entries = append(make([]entry, 0, len(c.entries)), c.entries...)
	}
}

// Clone returns a copy that can be set without changing the context.
func (c *Context) Clone() Context {
	return Context{Base: c.Base, entries: slices.Clone(c.entries)}
}

// Over returns the context with base beneath all that it has.
func (c *Context) Over(base *Context) Context {
	if c.Base == nil {
		return Context{Base: base, entries: c.entries}
	}
	beneath := c.Base.Over(base)
	return Context{Base: &beneath, entries: c.entries}
}

// find returns the value of a key, nil when it is not set.
func (c *Context) find(k *conditionKey) *value {
	for ; c != nil; c = c.Base {
		for i := range c.entries {
			if c.entries[i].is(k) {
				return &c.entries[i].value
			}
		}
	}
	return nil
}

// texts returns all values as text.
func (v *value) texts() []string {
	if v.kind == multi {
		return *v.many
	}
	return []string{v.item().string()}
}

// An item is one value of a key, as an operator sees it.
type item struct {
	text  string
	kind  valueKind
	micro int64
}

// at is the point in time that an instant or epoch is.
func (i item) at() time.Time { return time.UnixMicro(i.micro) }

// item returns the only value of a key that is not multivalued.
func (v *value) item() item { return item{v.one, v.kind, v.micro} }

// string returns the value as text.
func (i item) string() string {
	switch i.kind {
	case instant:
		return i.at().UTC().Format("2006-01-02T15:04:05Z")
	case binary:
		return base64.StdEncoding.EncodeToString([]byte(i.text))
	case epoch:
		return strconv.FormatInt(i.at().Unix(), 10)
	}
	return i.text
}

// A conditionKey is the name of a condition key.
type conditionKey struct {
	name    string // as the policy or the request spells it
	lower   string // in lower case, by which it is found
	derived derivation
	// known is the number of the key among the known ones, the same for all its
	// spellings; 0 when it is none of them.
	known uint16
}

func newConditionKey(name string) *conditionKey {
	if key, ok := knownKeys[name]; ok {
		return key
	}
	lower := strings.ToLower(name)
	key := &conditionKey{name: name, lower: lower, derived: derivations[lower]}
	if k, ok := knownKeys[lower]; ok {
		key.known = k.known
	}
	return key
}

// A derivation is a key that the request itself answers when its Context does not.
type derivation uint8

const (
	notDerived derivation = iota
	principalARN
	principalAccount
	principalType
	principalIsService
	principalServiceName
	userID
	userName
	resourceAccount
)

var derivations = map[string]derivation{
	"aws:principalarn":          principalARN,
	"aws:principalaccount":      principalAccount,
	"aws:principaltype":         principalType,
	"aws:principalisawsservice": principalIsService,
	"aws:principalservicename":  principalServiceName,
	"aws:userid":                userID,
	"aws:username":              userName,
	"aws:resourceaccount":       resourceAccount,
}

// value returns what the request holds for a key, nil when the key is absent.
// The result is valid until the next call.
func (e *eval) value(k *conditionKey) *value {
	v := e.find(k)
	switch {
	case v != nil && (v.kind == absentKey || v.kind == multi && nullSetIsMissing && v.isNull()):
		return nil
	case v != nil || k.derived == notDerived:
		return v
	}
	text := e.derive(k.derived)
	if text == "" {
		return nil
	}
	e.derived = value{one: text}
	return &e.derived
}

// find returns what the request's Context has for a key. Many statements ask for the same
// few keys.
func (e *eval) find(k *conditionKey) *value {
	l := &e.lookups[k.known%uint16(len(e.lookups))]
	if l.key != k {
		*l, e.looked = lookup{k, e.req.Context.find(k)}, true
	}
	return l.value
}

// A lookup is what the request has for a key, nil for a key that it has not.
type lookup struct {
	key   *conditionKey
	value *value
}

// anonymous is the value of aws:userid and aws:PrincipalAccount in requests without a
// signature.
const anonymous = "anonymous"

// DerivedKeys ranges over the condition keys that are derived from Principal and from the
// owner of the resource, as far as Context does not set them.
func (r *Request) DerivedKeys() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		e := &eval{req: r}
		for _, k := range derivedKeys {
			if r.Context.find(k) != nil {
				continue
			}
			if text := e.derive(k.derived); text != "" && !yield(k.name, text) {
				return
			}
		}
	}
}

// derivedKeys are the keys of derivations.
var derivedKeys = func() (keys []*conditionKey) {
	for name := range strings.FieldsSeq(globalKeys) {
		if k := knownKeys[name]; k.derived != notDerived {
			keys = append(keys, k)
		}
	}
	return keys
}()

// derive computes the keys about the principal and the resource's owner; "" is
// an absent key.
func (e *eval) derive(d derivation) string {
	p := &e.req.Principal
	switch d {
	case principalARN:
		if p.Type == AssumedRole {
			// The role with its path, not the session: "aws:PrincipalArn" of the
			// global condition keys page.
			return p.IssuerARN
		}
		return p.ARN
	case principalAccount:
		if !p.signs() {
			return anonymous
		}
		return p.Account
	case principalType:
		if p.Type == User || p.Type == AssumedRole || p.Type == FederatedUser || p.Type == Root || p.Type == Anonymous {
			return string(p.Type)
		}
	case principalIsService:
		if p.signs() { // "in signed requests"
			return strconv.FormatBool(p.Type == Service)
		}
	case principalServiceName:
		if p.Type == Service {
			return p.Service
		}
	case userID:
		if p.Type == Anonymous {
			return anonymous
		}
		return p.UserID
	case userName:
		if p.Type == User {
			return p.UserName
		}
	case resourceAccount:
		return e.req.Owner()
	}
	return ""
}

// knownKeys are those that requests and policies use all the time, as they are
// spelled and in lower case. All requests and policies share them.
var knownKeys = func() map[string]*conditionKey {
	keys := make(map[string]*conditionKey)
	for name := range strings.FieldsSeq(globalKeys) {
		lower := strings.ToLower(name)
		key := &conditionKey{name: name, lower: lower, derived: derivations[lower], known: uint16(len(keys) + 1)}
		keys[name] = key
		if keys[lower] == nil {
			keys[lower] = &conditionKey{name: lower, lower: lower, derived: key.derived, known: key.known}
		}
	}
	return keys
}()

const globalKeys = `
	aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:CurrentTime aws:EpochTime
	aws:FederatedProvider aws:MultiFactorAuthAge aws:MultiFactorAuthPresent
	aws:PrincipalAccount aws:PrincipalArn aws:PrincipalIsAWSService aws:PrincipalOrgID
	aws:PrincipalOrgPaths aws:PrincipalServiceName aws:PrincipalServiceNamesList
	aws:PrincipalType aws:Referer aws:RequestedRegion aws:ResourceAccount
	aws:ResourceOrgID aws:ResourceOrgPaths aws:SecureTransport aws:SourceAccount
	aws:SourceArn aws:SourceIdentity aws:SourceIp aws:SourceOrgID aws:SourceOrgPaths
	aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:TagKeys aws:TokenIssueTime
	aws:UserAgent aws:ViaAWSService aws:VpcSourceIp aws:userid aws:username
	s3:authType s3:signatureversion s3:signatureAge s3:TlsVersion s3:ResourceAccount
	s3:x-amz-content-sha256 s3:prefix s3:delimiter s3:max-keys s3:versionid
	s3:RequestObjectTagKeys s3:x-amz-acl s3:x-amz-storage-class
	s3:x-amz-server-side-encryption s3:ObjectCreationOperation s3:if-match
	s3:if-none-match s3:locationconstraint sts:ExternalId sts:RoleSessionName
	sts:SourceIdentity sts:TransitiveTagKeys iam:PolicyARN iam:PermissionsBoundary
	iam:PassedToService iam:AWSServiceName iam:AssociatedResourceArn`
