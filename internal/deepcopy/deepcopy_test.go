package deepcopy

import (
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type leaf struct {
	name string
	tags []string
}

type constant struct{ text *string }

type secret struct{ of *leaf }

type queue struct{ waiting *leaf }

type everything struct {
	mu       sync.Mutex
	count    atomic.Int64
	small    atomic.Bool
	latest   atomic.Pointer[leaf]
	one, two *leaf
	self     *everything
	values   [2]leaf
	list     []*leaf
	empty    []leaf
	byName   map[string]*leaf
	texts    map[string]string
	again    map[string]*leaf // the same as byName
	any      any
	of       interface{ Name() string }
	constant *constant
	flat     constant
	secret   secret
	queue    queue
	none     func()
	chain    *link
}

func (l *leaf) Name() string { return l.name }

type link struct{ next *link }

var _ = Register(
	Share[constant]("it never changes"),
	Leave[queue]("it is the original's"),
	By("the test does so", func(c *Copier, dst, src *secret) { dst.of = Of(c, src.of) }),
)

func filled() *everything {
	text := "text"
	e := &everything{
		one: &leaf{"one", []string{"a", "b"}}, empty: []leaf{}, byName: map[string]*leaf{}, texts: map[string]string{"k": "v"},
		any: leaf{"any", []string{"c"}}, constant: &constant{&text}, flat: constant{&text}, queue: queue{new(leaf)},
	}
	e.two, e.self, e.again, e.of, e.secret.of = e.one, e, e.byName, e.one, e.one
	e.list = []*leaf{e.one, nil, {"three", nil}}
	e.values[1].tags = []string{"d"}
	e.byName["one"], e.byName["none"] = e.one, nil
	e.count.Store(7)
	e.small.Store(true)
	e.latest.Store(e.one)
	e.mu.Lock()
	return e
}

func nothing(reflect.Type, string) bool { return false }

func TestOf(t *testing.T) {
	t.Parallel()
	e := filled()
	const links = 300_000
	for range links {
		e.chain = &link{e.chain}
	}
	c := Of(New(), e)
	result := Compare(e, c, func(_ reflect.Type, field string) bool { return field == "waiting" || field == "chain" })
	assert.Empty(t, result.Shared)
	assert.Empty(t, result.Different)
	assert.Empty(t, result.Inside)
	assert.True(t, c.mu.TryLock(), "nobody holds the copy's lock")
	assert.Same(t, c, c.self)
	for _, one := range []any{c.two, c.list[0], c.byName["one"], c.of, c.secret.of, c.latest.Load()} {
		assert.Same(t, c.one, one)
	}
	assert.Same(t, e.constant, c.constant)
	assert.Same(t, e.flat.text, c.flat.text)
	assert.Nil(t, c.queue.waiting)
	assert.NotNil(t, c.empty)
	c.again["new"] = c.one
	assert.Contains(t, c.byName, "new")
	assert.NotContains(t, e.byName, "new")
	n := 0
	for l := c.chain; l != nil; l = l.next {
		n++
	}
	assert.Equal(t, links, n, "a long chain needs no deep stack")
	assert.Nil(t, Of[leaf](New(), nil))
}

// What a Copier keeps is one thing in all that it copies.
func TestReplace(t *testing.T) {
	t.Parallel()
	c, one, other := New(), &leaf{name: "one"}, &leaf{name: "other"}
	Replace(c, one, other)
	first := Of(c, &everything{one: one})
	assert.Equal(t, "one", first.one.name, "the type is not one that is kept")
	x := 1
	from, to := &kind1{&x}, &kind1{}
	Replace(c, from, to)
	for range 2 {
		assert.Same(t, to, Of(c, &holder{from}).kept)
		c.Next(1)
	}
	again := &holder{&kind1{}}
	assert.Same(t, Of(c, again).kept, Of(c, &holder{again.kept}).kept)
}

type kind1 struct{ of *int }

type holder struct{ kept *kind1 }

var _ = Register(Keep[kind1]("the test does so"))

func TestRefusals(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "deepcopy: a func() cannot be copied; it needs a rule", func() { Of(New(), &everything{none: func() {}}) })
	c := make(chan int)
	assert.Panics(t, func() { Of(New(), &c) })
	m := map[*int]int{}
	assert.Panics(t, func() { Of(New(), &m) })
	once := new(sync.Once)
	once.Do(func() {})
	assert.Panics(t, func() { Of(New(), &struct{ once *sync.Once }{once}) })
	assert.Panics(t, func() { Register(Share[constant]("twice")) })
	assert.Panics(t, func() { Register(Share[leaf]("")) })
}

// Compare and Dump see what is wrong with a copy.
func TestCompare(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(e, c *everything){
		"a shared pointer":  func(e, c *everything) { c.list[2] = e.list[2] },
		"a shared slice":    func(e, c *everything) { c.values[1].tags = e.values[1].tags },
		"a shared map":      func(e, c *everything) { c.texts = e.texts },
		"another text":      func(_, c *everything) { c.one.name = "other" },
		"another number":    func(_, c *everything) { c.count.Add(1) },
		"another structure": func(_, c *everything) { c.two = &leaf{"one", []string{"a", "b"}} },
		"one more":          func(_, c *everything) { c.list = append(c.list, nil) },
		"one less":          func(_, c *everything) { delete(c.byName, "none") },
		"another type":      func(_, c *everything) { c.any = 1 },
		"another constant":  func(_, c *everything) { c.constant = &constant{} },
	} {
		e := filled()
		c := Of(New(), e)
		before := Dump(c, nothing)
		spoil(e, c)
		result := Compare(e, c, func(_ reflect.Type, field string) bool { return field == "waiting" })
		assert.NotEmpty(t, append(result.Shared, result.Different...), name)
		if name != "a shared pointer" && name != "a shared slice" && name != "a shared map" {
			assert.NotEqual(t, before, Dump(c, nothing), name)
		}
	}
	e := filled()
	e.two = &e.values[1] // inside of e: the copy has another
	result := Compare(e, Of(New(), e), func(_ reflect.Type, field string) bool { return field == "waiting" })
	require.NotEmpty(t, result.Inside)
	before := Dump(e, nothing)
	assert.Equal(t, before, Dump(e, nothing), "two dumps of the same are the same")
}
