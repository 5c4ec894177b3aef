package all_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A comparison holds answers against the recorded ones of a test. What a numbered
// placeholder stood for once, it stands for again.
type comparison struct {
	bound   map[string]string
	differs []string
}

var numbered = regexp.MustCompile(`^<.*:\d+>$`)

// whatever are the words that stand for a value that varies, without brackets.
var whatever = map[string]bool{"timestamp": true, "datetime": true, "host-id": true, "request-id": true, "bucket": true, "i-d": true, "display-name": true}

// accounts are those of the recorded answers: the one that was used, and one beside it.
var accounts = strings.NewReplacer("111111111111", worldtest.Account, "668614515564", worldtest.Other)

func (c *comparison) differ(path, format string, args ...any) {
	c.differs = append(c.differs, path+": "+fmt.Sprintf(format, args...))
}

func (c *comparison) value(path string, want, got any) {
	switch want := want.(type) {
	case map[string]any:
		c.object(path, want, c.opened(got))
	case []any:
		list, ok := c.opened(got).([]any)
		if !ok || len(list) != len(want) {
			c.differ(path, "want %s, got %s", compact(want), compact(got))
			return
		}
		for i := range want {
			c.value(fmt.Sprintf("%s[%d]", path, i), want[i], list[i])
		}
	case string:
		if whatever[want] || placeholders.FindString(want) == want && !numbered.MatchString(want) {
			return
		}
		text, ok := got.(string)
		if !ok || !c.text(want, text) {
			c.differ(path, "want %s, got %s", compact(want), compact(got))
		}
	default:
		if number, ok := got.(string); ok { // that the model has as a text by now
			_ = json.Unmarshal([]byte(number), &got)
		}
		if !reflect.DeepEqual(want, got) {
			c.differ(path, "want %s, got %s", compact(want), compact(got))
		}
	}
}

func (c *comparison) object(path string, want map[string]any, opened any) {
	got, ok := opened.(map[string]any)
	if !ok {
		c.differ(path, "want %s, got %s", compact(want), compact(opened))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, ok := got[name]; ok {
			c.value(path+"."+name, want[name], value)
		} else {
			c.differ(path+"."+name, "missing, want %s", compact(want[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			c.differ(path+"."+name, "should be missing, got %s", compact(got[name]))
		}
	}
}

// opened is a value, or the JSON in a text: recorded policies are read.
func (*comparison) opened(got any) any {
	text, ok := got.(string)
	if !ok {
		return got
	}
	if plain, err := url.PathUnescape(text); err == nil && strings.HasPrefix(text, "%7B") {
		text = plain
	}
	var value any
	if json.Unmarshal([]byte(text), &value) == nil {
		return value
	}
	return got
}

// bind binds the placeholders that are whole texts, before those within others are looked at.
func (c *comparison) bind(want, got any) {
	switch want := want.(type) {
	case map[string]any:
		if fields, ok := c.opened(got).(map[string]any); ok {
			for name := range want {
				c.bind(want[name], fields[name])
			}
		}
	case []any:
		if list, ok := c.opened(got).([]any); ok && len(list) == len(want) {
			for i := range want {
				c.bind(want[i], list[i])
			}
		}
	case string:
		if value, ok := got.(string); ok && numbered.MatchString(want) && placeholders.FindString(want) == want && c.bound[want] == "" {
			c.bound[want] = value
		}
	}
}

// text matches a text with placeholders, and binds those that are numbered.
func (c *comparison) text(want, got string) bool {
	want = accounts.Replace(want)
	var names []string
	pattern, rest := "(?s)^", want
	for {
		at := placeholders.FindStringIndex(rest)
		if at == nil {
			break
		}
		name := rest[at[0]:at[1]]
		pattern += regexp.QuoteMeta(rest[:at[0]])
		switch value, ok := c.bound[name]; {
		case !numbered.MatchString(name):
			pattern += "(?:.*)"
		case ok:
			pattern += regexp.QuoteMeta(value)
		default:
			pattern += "(.*)"
			names = append(names, name)
		}
		rest = rest[at[1]:]
	}
	re, err := regexp.Compile(pattern + regexp.QuoteMeta(rest) + "$")
	if err != nil {
		return false
	}
	found := re.FindStringSubmatch(got)
	if found == nil {
		return false
	}
	for i, name := range names {
		if value, ok := c.bound[name]; ok && value != found[i+1] {
			return false
		}
		c.bound[name] = found[i+1]
	}
	return true
}

func compact(v any) string {
	text, _ := json.Marshal(v)
	if len(text) > 300 {
		text = append(text[:300], "…"...)
	}
	return string(text)
}
