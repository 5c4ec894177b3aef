package all_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A recordedModel is the schema of a service as a client in Python reads answers with it.
type recordedModel struct {
	Protocols  []string `json:"protocols"`
	Version    string   `json:"version"`
	Operations []struct {
		Name string `json:"n"`
		In   string `json:"in"`
		Out  string `json:"out"`
	} `json:"operations"`
	Shapes map[string]*recordedShape `json:"shapes"`

	outputs map[string]string // by operation
	inputs  map[string]string
}

type recordedShape struct {
	Kind       string           `json:"k"`
	Members    []recordedMember `json:"m"`
	Key        *recordedMember  `json:"key"`
	Elem       *recordedMember  `json:"e"`
	Code       int              `json:"code"`
	QueryError string           `json:"queryError"`
}

type recordedMember struct {
	Name    string `json:"n"`
	Type    string `json:"t"`
	Header  string `json:"header"`
	Prefix  string `json:"prefix"`
	Payload bool   `json:"payload"`
	XMLName string `json:"xml"`
	Flat    bool   `json:"flat"`
	Attr    bool   `json:"attr"`
}

func readRecordedModel(t *testing.T, name string) *recordedModel {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "internal", "wire", "schemas", name+".json.gz"))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(f)
	require.NoError(t, err)
	m := &recordedModel{outputs: map[string]string{}, inputs: map[string]string{}}
	require.NoError(t, json.NewDecoder(unzipped).Decode(m))
	for _, op := range m.Operations {
		m.outputs[op.Name], m.inputs[op.Name] = op.Out, op.In
	}
	return m
}

// shape is the shape of a type, or nil of a simple one. "[T" and "{T" are lists and maps
// of a simple type.
func (m *recordedModel) shape(typ string) *recordedShape {
	switch {
	case strings.HasPrefix(typ, "#"):
		return m.Shapes[typ[1:]]
	case strings.HasPrefix(typ, "["):
		return &recordedShape{Kind: "list", Elem: &recordedMember{Type: typ[1:]}}
	case strings.HasPrefix(typ, "{"):
		return &recordedShape{Kind: "map", Key: &recordedMember{Type: "string"}, Elem: &recordedMember{Type: typ[1:]}}
	}
	return nil
}

func (s *recordedShape) member(name string) (recordedMember, bool) {
	if s != nil {
		for _, m := range s.Members {
			if m.Name == name {
				return m, true
			}
		}
	}
	return recordedMember{}, false
}

// has reports whether an operation's answer can have all members of a recorded one.
func (m *recordedModel) has(operation string, answer map[string]any) bool {
	out := m.Shapes[m.outputs[operation]]
	for name := range answer {
		if _, ok := out.member(name); !ok && name != "ResponseMetadata" {
			return false
		}
	}
	return true
}

var (
	notLetters = regexp.MustCompile(`[^a-z0-9]+`)
	// spelledOut are words that names of answers have in short.
	spelledOut = map[string]string{
		"attr": "attributes", "attrs": "attributes", "msg": "message", "msgs": "messages", "obj": "object", "objs": "objects",
		"conf": "configuration", "config": "configuration", "del": "delete", "mpu": "multipartupload", "multipart": "multipartupload", "tag": "tagging",
	}
)

// operationOf finds the operation of an answer by its name, of those whose answers can have
// its members: the one with the longest name.
func (m *recordedModel) operationOf(name string, answer map[string]any) (operation string, named bool) {
	words := strings.Fields(notLetters.ReplaceAllString(strings.ToLower(name), " "))
	plain := strings.Join(words, "")
	for i, word := range words {
		if long, ok := spelledOut[word]; ok {
			words[i] = long
		}
	}
	long := strings.Join(words, "")
	_, failed := answer["Error"]
	var able []string
	for _, op := range m.Operations {
		if !failed && !m.has(op.Name, answer) {
			continue
		}
		able = append(able, op.Name)
		lower := strings.ToLower(op.Name)
		if len(lower) > len(operation) && (strings.Contains(plain, lower) || strings.Contains(long, lower)) {
			operation = op.Name
		}
	}
	if operation != "" {
		return operation, true
	}
	if len(able) > 0 && !failed && len(answer) > 0 && m.alike(able, answer) {
		return able[0], false
	}
	return "", false
}

// alike reports whether the members of an answer have the same types in the answers of all
// these operations, as Role of CreateRole and of GetRole.
func (m *recordedModel) alike(operations []string, answer map[string]any) bool {
	for name := range answer {
		first, _ := m.Shapes[m.outputs[operations[0]]].member(name)
		for _, op := range operations {
			if other, _ := m.Shapes[m.outputs[op]].member(name); other.Type != first.Type {
				return false
			}
		}
	}
	return true
}
