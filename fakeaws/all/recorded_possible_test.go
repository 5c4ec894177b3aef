package all_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var placeholders = regexp.MustCompile(`<[a-zA-Z][^<> ]*>`)

// possible holds every recorded answer against what the code can answer.
func (r *recordedReport) possible(m *recordedModel, a *answerable, answers recordedAnswers) {
	for _, test := range slices.Sorted(maps.Keys(answers)) {
		for _, name := range slices.Sorted(maps.Keys(answers[test])) {
			answer, ok := answers[test][name].(map[string]any)
			if !ok {
				continue // a part of an answer, or a text
			}
			r.answers++
			operation, named := m.operationOf(name, answer)
			switch {
			case operation == "":
				r.unattributed++
			case named:
				r.named++
			default:
				r.byMembers++
			}
			c := possibility{r, m, a, test, name}
			if failed, ok := answer["Error"].(map[string]any); ok {
				c.failure(failed, answer["ResponseMetadata"])
			} else if operation != "" {
				c.structure("", m.outputs[operation], operation+"Output", answer)
			}
		}
	}
}

// A possibility is one recorded answer that the code should be able to make.
type possibility struct {
	r    *recordedReport
	m    *recordedModel
	a    *answerable
	test string
	name string
}

func (c *possibility) differ(format string, args ...any) {
	c.r.possibleDiffers++
	c.r.differ(c.test, c.name, fmt.Sprintf(format, args...))
}

func (c *possibility) failure(e map[string]any, status any) {
	c.r.errors++
	code, _ := e["Code"].(string)
	message, _ := e["Message"].(string)
	if strings.Trim(code, "0123456789") == "" {
		return // of HEAD, whose answers have a status alone
	}
	modeled := c.a.statuses[code]
	if modeled == nil && !c.a.literals[code] {
		c.differ("no code %s", code)
	}
	if n, ok := status.(float64); ok && len(modeled) > 0 && !modeled[int(n)] {
		c.differ("%s has status %v, not %v", code, slices.Sorted(maps.Keys(modeled)), n)
	}
	if !c.a.says(placeholders.ReplaceAllString(message, "x"), 3) {
		c.differ("no text %s: %s", code, message)
	}
	for name := range e {
		switch name {
		case "Code", "Message", "Type", "QueryErrorCode", "Detail":
		default:
			if numberless := strings.TrimRight(name, "0123456789"); !c.a.literals[name] && !c.a.literals[numberless] {
				c.differ("no member %s of %s", name, code)
			}
		}
	}
}

// structure looks for every member of a recorded structure in the code.
func (c *possibility) structure(path, shapeName, goType string, value map[string]any) {
	shape := c.m.Shapes[shapeName]
	for _, name := range slices.Sorted(maps.Keys(value)) {
		if name == "ResponseMetadata" {
			c.headersOf(value[name])
			continue
		}
		member, ok := shape.member(name)
		if !ok {
			c.differ("the model has no member %s.%s", path, name)
			continue
		}
		c.r.members++
		if !c.a.sets(goType, name) && (path != "" || !c.outputSets(name)) {
			c.differ("no member %s.%s", path, name)
			continue
		}
		c.value(path+"."+name, member.Type, value[name])
	}
}

// outputSets reports whether the answer of any operation has a member: which operation it
// is, the members of an answer do not always tell.
func (c *possibility) outputSets(name string) bool {
	for operation := range c.m.outputs {
		if c.m.has(operation, map[string]any{name: nil}) && c.a.sets(operation+"Output", name) {
			return true
		}
	}
	return false
}

func (c *possibility) value(path, typ string, value any) {
	shape := c.m.shape(typ)
	if shape == nil {
		return
	}
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if shape.Elem != nil {
				c.value(path, shape.Elem.Type, item)
			}
		}
	case map[string]any:
		if shape.Kind == "map" {
			for _, item := range value {
				c.value(path, shape.Elem.Type, item)
			}
			return
		}
		c.structure(path, typ[1:], typ[1:], value)
	}
}

// headersOf looks for recorded headers in the code: those of the model it writes by itself.
func (c *possibility) headersOf(metadata any) {
	fields, _ := metadata.(map[string]any)
	headers, _ := fields["HTTPHeaders"].(map[string]any)
	known := map[string]bool{"date": true, "connection": true, "transfer-encoding": true, "content-length": true}
	for _, s := range c.m.Shapes {
		for _, m := range s.Members {
			known[strings.ToLower(m.Header)] = true
		}
	}
	for literal := range c.a.literals {
		known[strings.ToLower(literal)] = true
	}
	for name := range headers {
		c.r.headers++
		if !known[strings.ToLower(name)] {
			c.differ("no header %s", name)
		}
	}
}
