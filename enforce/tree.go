package enforce

// A node is one value of a JSON document, with its place in it and, in an object,
// that of its key.
type node struct {
	key, keyEnd int32
	start, end  int32
	size        int32 // of the tree that begins here, in nodes
	kind        nodeKind
}

// A tree is a value of a document: its node, and then the trees of what is in it,
// one after the other. What comes behind it may follow. So a document is one
// slice, however deep it is.
type tree struct {
	doc   string
	nodes []node
}

func (t tree) kind() nodeKind { return t.nodes[0].kind }
func (t tree) keyAt() int     { return int(t.nodes[0].key) }
func (t tree) start() int     { return int(t.nodes[0].start) }
func (t tree) end() int       { return int(t.nodes[0].end) }

// key returns the key that a value of an object has.
func (t tree) key() string { return unquote(t.doc[t.nodes[0].key:t.nodes[0].keyEnd]) }

// text returns a string's text; that of another scalar is as it is written.
func (t tree) text() string {
	text := t.doc[t.start():t.end()]
	if t.kind() == stringNode {
		return unquote(text)
	}
	return text
}

// found reports whether there is a value. A loop over values is written
//
//	for v := t.values(); v.found(); v = v.next() {
func (t tree) found() bool { return len(t.nodes) > 0 }

// next returns what follows a value in its object or list.
func (t tree) next() tree { return tree{t.doc, t.nodes[t.nodes[0].size:]} }

// values returns the first value of an object or list.
func (t tree) values() tree { return tree{t.doc, t.nodes[1:t.nodes[0].size]} }

// list returns the first item of a list, or the value itself: everywhere in a
// policy a single value may stand for a list of one.
func (t tree) list() tree {
	if t.kind() == arrayNode {
		return t.values()
	}
	return tree{t.doc, t.nodes[:t.nodes[0].size]}
}

// count returns how many items list returns.
func (t tree) count() (n int) {
	for item := t.list(); item.found(); item = item.next() {
		n++
	}
	return n
}

type nodeKind uint8

const (
	objectNode nodeKind = iota
	arrayNode
	stringNode
	numberNode // text is as written
	boolNode   // text is "true" or "false"
	nullNode
)

func (k nodeKind) String() string {
	return [...]string{"an object", "a list", "a string", "a number", "a boolean", "null"}[k]
}
