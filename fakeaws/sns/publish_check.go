package sns

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws/sns/internal/filter"
)

const (
	// maxSubject is how long a subject must be less than.
	maxSubject = 101
	// maxGroupID is the longest id of a group, or for deduplication.
	maxGroupID = 128
	// maxAttributeName is the longest name of a message attribute (developer guide, "Amazon
	// SNS message attributes").
	maxAttributeName = 256
	// maxMessageAttributes bounds the attributes of a message, of which SNS says only that
	// raw delivery to SQS takes ten: unverified.
	maxMessageAttributes = 100
)

// sizeOf is the size of a message: its body and its attributes.
func sizeOf(in *types.PublishBatchRequestEntry) int {
	n := len(aws.ToString(in.Message))
	for name, v := range in.MessageAttributes {
		n += len(name) + len(aws.ToString(v.DataType)) + len(aws.ToString(v.StringValue)) + len(v.BinaryValue)
	}
	return n
}

// An entry is a message to publish, with what is read of it before the lock is held:
// documents of many members take long.
type entry struct {
	*types.PublishBatchRequestEntry
	// structure are the messages by protocol that one of the structure json has, and wrong
	// what is wrong with it.
	structure map[string]string
	wrong     error
	// body is the message as filter policies look at it, once it was parsed.
	body   filter.Message
	parsed bool
}

// parse parses the message for filter policies.
func (e *entry) parse() {
	if !e.parsed && e.Message != nil && len(*e.Message) <= maxMessageSize {
		e.body, _ = filter.ParseBody(*e.Message)
		e.parsed = true
	}
}

// read reads a message that can be one of a topic. Others are refused for their size.
func read(in *types.PublishBatchRequestEntry) *entry {
	e := &entry{PublishBatchRequestEntry: in}
	if in.Message != nil && len(*in.Message) <= maxMessageSize {
		e.structure, e.wrong = structureOf(in)
	}
	return e
}

// checkMessage checks a message by the limits and the kind of its topic.
func checkMessage(t *topic, e *entry) error {
	in := e.PublishBatchRequestEntry
	switch {
	case aws.ToString(in.Message) == "":
		return invalidParameter(textEmpty)
	case len(in.MessageAttributes) > maxMessageAttributes:
		return invalidParameter(textAttributeCount)
	case sizeOf(in) > t.maxSize():
		return invalidParameter(textTooLong)
	case in.Subject != nil && !isSubject(*in.Subject):
		return invalidParameter("Subject")
	case !utf8.ValidString(*in.Message):
		return invalidParameter("Message")
	}
	if err := t.checkFIFO(in); err != nil {
		return err
	}
	if err := checkAttributes(in.MessageAttributes); err != nil {
		return err
	}
	return e.wrong
}

// isSubject: "Subjects must be UTF-8 text with no line breaks or control characters, and
// less than 100 characters long", of which SNS takes 100.
func isSubject(s string) bool {
	n := utf8.RuneCountInString(s)
	return n > 0 && n < maxSubject && utf8.ValidString(s) && !strings.ContainsFunc(s, isControl)
}

// checkFIFO checks what only one kind of topic takes.
func (t *topic) checkFIFO(in *types.PublishBatchRequestEntry) error {
	switch {
	case t.fifo && aws.ToString(in.MessageGroupId) == "":
		return invalidParameter(textGroupRequired)
	case in.MessageGroupId != nil && !isGroupID(*in.MessageGroupId):
		return invalidParameter("MessageGroupId")
	case in.MessageDeduplicationId != nil && !t.fifo:
		return invalidParameter(textNotFIFO)
	case in.MessageDeduplicationId != nil && !isGroupID(*in.MessageDeduplicationId):
		return invalidParameter("MessageDeduplicationId")
	}
	return nil
}

// isGroupID reports whether s is 1 to 128 ASCII letters, digits and punctuation marks.
func isGroupID(s string) bool {
	if s == "" || len(s) > maxGroupID {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// structureOf reads a message of the structure json: what it has for each protocol, and
// "default" for the others. Values that are no strings are ignored.
func structureOf(in *types.PublishBatchRequestEntry) (map[string]string, error) {
	switch aws.ToString(in.MessageStructure) {
	case "":
		return nil, nil
	case "json":
	default:
		return nil, invalidParameter("MessageStructure")
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(*in.Message), &fields); err != nil || fields == nil {
		return nil, invalidParameter(textNoJSON)
	}
	structure := make(map[string]string, len(fields))
	for protocol, v := range fields {
		if text, ok := v.(string); ok {
			structure[protocol] = text
		}
	}
	if _, ok := structure["default"]; !ok {
		return nil, invalidParameter(textNoDefault)
	}
	return structure, nil
}

// Data types of message attributes.
const (
	typeString = "String"
	typeArray  = "String.Array"
	typeNumber = "Number"
	typeBinary = "Binary"
)

// baseType is a data type without its label: "Number" of "Number.int".
func baseType(v *types.MessageAttributeValue) string {
	base, _, _ := strings.Cut(aws.ToString(v.DataType), ".")
	return base
}

// checkAttributes checks the attributes of a message, in order of name.
func checkAttributes(attributes map[string]types.MessageAttributeValue) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		v := attributes[name]
		if !isAttributeName(name) {
			return invalidParameter(textAttributeName)
		}
		base := baseType(&v)
		switch {
		case base != typeString && base != typeNumber && base != typeBinary || len(*v.DataType) > maxAttributeName:
			return parameterValue("The message attribute '" + name + "' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.")
		case base == typeBinary && (len(v.BinaryValue) == 0 || v.StringValue != nil),
			base != typeBinary && (aws.ToString(v.StringValue) == "" || v.BinaryValue != nil):
			return parameterValue("The message attribute '" + name + "' must contain non-empty message attribute value for message attribute type '" + *v.DataType + "'.")
		case base == typeNumber && !isNumber(*v.StringValue):
			return parameterValue("Could not cast message attribute '" + name + "' value to number.")
		case base != typeBinary && !utf8.ValidString(*v.StringValue):
			return invalidParameter("MessageAttributes")
		}
		if *v.DataType == typeArray {
			if _, ok := filter.ParseArray(*v.StringValue); !ok {
				return parameterValue("The message attribute '" + name + "' must contain a JSON array for message attribute type 'String.Array'.") // unverified
			}
		}
	}
	return nil
}

func parameterValue(text string) error {
	return &types.InvalidParameterValueException{Message: &text}
}

// isAttributeName checks a name by the rules of the developer guide: letters, digits, _, -
// and ., no period at the ends or after another, and no reserved prefix.
func isAttributeName(name string) bool {
	lower := strings.ToLower(name)
	if name == "" || len(name) > maxAttributeName || strings.HasPrefix(lower, "aws.") && !strings.HasPrefix(lower, "aws.sns.") && !strings.HasPrefix(lower, "aws.mm.") ||
		strings.HasPrefix(lower, "amazon.") || name[0] == '.' || name[len(name)-1] == '.' || strings.Contains(name, "..") {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isAlphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// isNumber reports whether s is a decimal number of JSON.
func isNumber(s string) bool {
	_, ok := numberOf(s)
	return ok
}

func numberOf(s string) (float64, bool) {
	if len(s) > maxAttributeName || strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
