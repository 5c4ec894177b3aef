package lambda

import (
	"encoding/json"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// maxFilters is how many filters a mapping has at most without a raised quota; unverified is
// that the quota is not asked for here.
const maxFilters = 10

// readFilters reads the filters of a mapping ("Control which events Lambda sends to your
// function" of the developer guide).
func readFilters(c *types.FilterCriteria) (all []*eventpattern.Pattern, err error) {
	if c == nil {
		return nil, nil
	}
	if len(c.Filters) > maxFilters {
		return nil, invalidParameter(textFilter)
	}
	for _, f := range c.Filters {
		pattern, err := eventpattern.ParseFilter(aws.ToString(f.Pattern))
		if err != nil {
			return nil, invalidParameter(textFilter)
		}
		all = append(all, pattern)
	}
	return all, nil
}

// passes reports whether a record passes one of a mapping's filters. What the sender sent is
// at a key of its own; the key is "" where all of a record is. What is JSON counts as the value
// that it has. What is not passes no filter of the inside of it, also none that demands that
// something is not there.
func (m *mapping) passes(record map[string]any, key string, text []byte) bool {
	if len(m.filters) == 0 {
		return true
	}
	isJSON := true
	if key != "" {
		record = maps.Clone(record)
		if isJSON = json.Valid(text); isJSON {
			record[key] = json.RawMessage(text)
		} else {
			record[key] = string(text)
		}
	}
	document, err := json.Marshal(record)
	if err != nil {
		return false
	}
	event, err := eventpattern.ParseEvent(document)
	if err != nil {
		return false
	}
	for _, f := range m.filters {
		if (isJSON || !f.Nested(key)) && f.Match(event) {
			return true
		}
	}
	return false
}
