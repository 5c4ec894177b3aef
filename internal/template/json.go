package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// A reader reads a file into nodes. The size of the file, the depth and the number of the
// nodes, which aliases of YAML multiply, have bounds.
type reader struct {
	file     string
	text     []byte
	nodes    int
	problems *problems

	// Of JSON, where the tokens are.
	decoder      *json.Decoder
	line, column int // in characters
	seen         int // bytes
}

const (
	// maxTemplate is AWS's: a template in an S3 bucket has at most 1 MB.
	maxTemplate = 1 << 20
	maxDepth    = 100     // AWS does not say; templates have 20
	maxNodes    = 300_000 // a template of 1 MB has at most some 100,000
)

var errTooDeep = errors.New("the file is nested too deeply")
var errTooLarge = errors.New("the file has too many values")

// read reads JSON or YAML. It returns nil where the file is neither.
func read(file string, text []byte, p *problems) *node {
	if len(text) > maxTemplate {
		p.add(deploy.Position{File: file}, "", "the file has %d bytes; a template has at most %d", len(text), maxTemplate)
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	r := &reader{file: file, text: text, problems: p}
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && start[0] == '{' {
		root, err := r.readJSON()
		if err == nil {
			return root
		}
		line := r.line
		if start = bytes.TrimLeft(start[1:], " \t\r\n"); len(start) > 0 && start[0] != '"' {
			// A flow mapping of YAML begins so too.
			if root, yamlErr := r.readYAML(); yamlErr == nil {
				return root
			}
		}
		p.add(deploy.Position{File: file, Line: line}, "", "not JSON: %v", err)
		return nil
	}
	root, err := r.readYAML()
	if err != nil {
		p.add(deploy.Position{File: file, Line: lineOf(err)}, "", "not YAML: %v", err)
		return nil
	}
	return root
}

// count counts a node.
func (r *reader) count(depth int) error {
	r.nodes++
	switch {
	case depth > maxDepth:
		return errTooDeep
	case r.nodes > maxNodes:
		return errTooLarge
	}
	return nil
}

func (r *reader) readJSON() (*node, error) {
	r.decoder = json.NewDecoder(bytes.NewReader(r.text))
	r.decoder.UseNumber()
	r.line, r.column = 1, 1
	root, err := r.jsonValue(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); err != io.EOF {
		return nil, errors.New("there is something after the object")
	}
	return root, nil
}

// next reads a token, and makes a node where it begins.
func (r *reader) next() (json.Token, *node, error) {
	from := int(r.decoder.InputOffset())
	for from < len(r.text) && bytes.IndexByte([]byte(" \t\r\n:,"), r.text[from]) >= 0 {
		from++
	}
	for ; r.seen < from; r.seen++ {
		switch b := r.text[r.seen]; {
		case b == '\n':
			r.line, r.column = r.line+1, 1
		case utf8.RuneStart(b):
			r.column++
		}
	}
	token, err := r.decoder.Token()
	return token, &node{line: r.line, col: r.column, file: r.file}, err
}

func (r *reader) jsonValue(depth int) (*node, error) {
	token, n, err := r.next()
	if err != nil {
		return nil, err
	}
	return r.jsonNode(token, n, depth)
}

func (r *reader) jsonNode(token json.Token, n *node, depth int) (*node, error) {
	if err := r.count(depth); err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case string:
		n.kind, n.text = stringNode, v
	case json.Number:
		n.kind, n.text = numberNode, v.String()
	case bool:
		n.kind, n.text = boolNode, strconv.FormatBool(v)
	case json.Delim:
		if v == '{' {
			n.kind = objectNode
			return n, r.jsonObject(n, depth)
		}
		n.kind = listNode
		return n, r.jsonList(n, depth)
	}
	return n, nil
}

func (r *reader) jsonList(n *node, depth int) error {
	for {
		token, item, err := r.next()
		if err != nil {
			return unended(err)
		}
		if token == json.Delim(']') {
			return nil
		}
		item, err = r.jsonNode(token, item, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
}

func (r *reader) jsonObject(n *node, depth int) error {
	seen := map[string]bool{}
	for {
		token, at, err := r.next()
		if err != nil {
			return unended(err)
		}
		key, ok := token.(string)
		if !ok {
			return nil // the decoder has seen that it is the end
		}
		if seen[key] {
			r.problems.add(at.position(), "", "the key %s stands twice", key)
		}
		seen[key] = true
		item, err := r.jsonValue(depth + 1)
		if err != nil {
			return unended(err)
		}
		n.keys, n.keyLines, n.items = append(n.keys, key), append(n.keyLines, at.line), append(n.items, item)
	}
}

// unended is the error of a file that ends too early.
func unended(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
