package insights

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxDiscovered is how many fields of a message are found: "CloudWatch Logs Insights can
// extract a maximum of 200 log event fields from a JSON log".
const maxDiscovered = 200

// discover returns the fields of a message that is a JSON object: "a.b", "list.0".
func discover(message string) map[string]string {
	found := make(map[string]string)
	text := strings.TrimSpace(message)
	if !strings.HasPrefix(text, "{") {
		return found
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) == nil {
		flatten(found, "", object)
	}
	return found
}

func flatten(found map[string]string, name string, value any) {
	if len(found) >= maxDiscovered {
		return
	}
	prefix := name
	if name != "" {
		prefix += "."
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			flatten(found, prefix+key, value[key])
		}
	case []any:
		for i, inner := range value {
			flatten(found, prefix+strconv.Itoa(i), inner)
		}
	case string:
		found[name] = value
	case json.Number:
		found[name] = value.String()
	case bool:
		found[name] = "0"
		if value {
			found[name] = "1"
		}
	}
}

// Fields are all fields of a record, with those that its message has.
func (r *Record) Fields() map[string]string {
	all := discover(r.Message)
	all["@message"], all["@logStream"], all["@log"], all["@ptr"] = r.Message, r.Stream, r.Log, r.Pointer
	all["@timestamp"], all["@ingestionTime"] = strconv.FormatInt(r.At, 10), strconv.FormatInt(r.Ingested, 10)
	return all
}
