package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	// maxAttributes is the most message attributes of a message.
	maxAttributes = 10
	// maxAttributeName is the longest name, and type, of a message attribute.
	maxAttributeName = 256
	// maxAskedNames is how many message attributes a receive may name, each of which is
	// compared with those of every message. SQS's limit is unverified.
	maxAskedNames = 1000
)

const traceHeader = string(types.MessageSystemAttributeNameForSendsAWSTraceHeader)

// The data types of message attributes, without their custom labels.
const (
	typeString = "String"
	typeNumber = "Number"
	typeBinary = "Binary"
)

// baseType is a data type without its label: "Number" of "Number.int".
func baseType(v *types.MessageAttributeValue) string {
	base, _, _ := strings.Cut(aws.ToString(v.DataType), ".")
	return base
}

// checkAttributes checks the message attributes of a send, in order of name, and
// returns their share of the message's size: names, types and values.
func checkAttributes(attributes map[string]types.MessageAttributeValue) (size int, err error) {
	if len(attributes) > maxAttributes {
		return 0, invalidParameter(fmt.Sprintf("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(attributes), maxAttributes))
	}
	for _, name := range sorted(attributes) {
		v := attributes[name]
		if err := checkAttributeName(name); err != nil {
			return 0, err
		}
		if err := checkAttributeValue(name, &v); err != nil {
			return 0, err
		}
		size += attributeSize(name, &v)
	}
	return size, nil
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// attributeSize is what an attribute adds to the size of its message.
func attributeSize(name string, v *types.MessageAttributeValue) int {
	return len(name) + len(aws.ToString(v.DataType)) + len(aws.ToString(v.StringValue)) + len(v.BinaryValue)
}

// checkAttributeName checks a name by the rules of the developer guide's page
// "Message metadata for Amazon SQS".
func checkAttributeName(name string) error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return invalidParameter("The request must contain non-empty message (user) attribute name.")
	case len(name) > maxAttributeName:
		return invalidParameter("Message (user) attribute names must be shorter than 256 Bytes")
	case strings.HasPrefix(lower, "aws."), strings.HasPrefix(lower, "amazon."):
		return invalidParameter("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.")
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.Contains(name, ".."), strings.ContainsFunc(name, notNameRune):
		return invalidParameter("Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ")
	}
	return nil
}

// notNameRune reports whether a name cannot have r. SQS takes letters with diacritics,
// which its guide does not name; that it takes those of all scripts is unverified.
func notNameRune(r rune) bool {
	if r >= utf8.RuneSelf {
		return !unicode.IsLetter(r)
	}
	return r != '.' && !isNameByte(byte(r))
}

func checkAttributeValue(name string, v *types.MessageAttributeValue) error {
	dataType := aws.ToString(v.DataType)
	base := baseType(v)
	switch {
	case dataType == "":
		return invalidParameter("Message (user) attribute '" + name + "' must contain a non-empty attribute type.")
	case base != typeString && base != typeNumber && base != typeBinary, len(dataType) > maxAttributeName, !validText(dataType):
		return invalidParameter("The type of message (user) attribute '" + name + "' is invalid. You must use only the following supported type prefixes: Binary, Number, String.")
	case len(v.StringListValues) > 0, len(v.BinaryListValues) > 0:
		return unsupported(textListValues)
	case base == typeBinary && (len(v.BinaryValue) == 0 || v.StringValue != nil),
		base != typeBinary && (aws.ToString(v.StringValue) == "" || v.BinaryValue != nil):
		return invalidParameter("Message (user) attribute '" + name + "' must contain a non-empty value of type '" + base + "'.")
	case base == typeBinary:
		return nil
	case !validText(*v.StringValue):
		return invalidParameter(textCharacters)
	case base == typeNumber && !isNumber(*v.StringValue):
		return invalidParameter("Can't cast the value of message (user) attribute '" + name + "' to a number.")
	}
	return nil
}

// isNumber reports whether s is a decimal number of at most 38 significant
// digits between -10^128 and 10^126.
func isNumber(s string) bool {
	if strings.Trim(s, "+-.0123456789eE") != "" || len(s) > 256 {
		return false
	}
	mantissa, exponent, scientific := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, scientific = s[:i], s[i+1:], true
	}
	if scientific && len(strings.TrimLeft(exponent, "+-0")) > 4 {
		return false // no number in range needs more, and big.Float would take its time
	}
	if len(strings.Trim(strings.ReplaceAll(mantissa, ".", ""), "+-0")) > 38 {
		return false
	}
	n, _, err := big.ParseFloat(s, 10, 256, big.ToNearestEven)
	return err == nil && n.Cmp(minNumber) >= 0 && n.Cmp(maxNumber) <= 0
}

var (
	minNumber = power("-1e128")
	maxNumber = power("1e126")
)

func power(s string) *big.Float {
	f, _, err := big.ParseFloat(s, 10, 256, big.ToNearestEven)
	if err != nil {
		panic(err) // a constant of this file
	}
	return f
}

// checkSystemAttributes checks the system attributes of a send and returns the
// X-Ray trace header. They do not count towards the message's size.
func checkSystemAttributes(attributes map[string]types.MessageSystemAttributeValue) (trace string, err error) {
	for _, name := range sorted(attributes) {
		if name != traceHeader {
			return "", invalidParameter(fmt.Sprintf(textSystemAttribute, name))
		}
		v := types.MessageAttributeValue(attributes[name])
		if aws.ToString(v.DataType) != typeString {
			return "", invalidParameter(textTraceType)
		}
		if err := checkAttributeValue(name, &v); err != nil {
			return "", err
		}
		trace = *v.StringValue
	}
	return trace, nil
}

// traceAttributes is the system attribute of a trace header, as it was sent.
func traceAttributes(trace string) map[string]types.MessageAttributeValue {
	if trace == "" {
		return nil
	}
	return map[string]types.MessageAttributeValue{traceHeader: {DataType: aws.String(typeString), StringValue: &trace}}
}

// attributesDigest is the MD5 of message attributes as the developer guide lays
// them out ("Calculating the MD5 message digest for message attributes"): sorted
// by name; name, data type and value with their lengths as 4 bytes, and one byte
// for how the value travels, 1 as a string and 2 as bytes.
func attributesDigest(attributes map[string]types.MessageAttributeValue) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	field := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	for _, name := range sorted(attributes) {
		v := attributes[name]
		field(name)
		field(aws.ToString(v.DataType))
		if baseType(&v) == typeBinary {
			b = append(b, 2)
			field(string(v.BinaryValue))
		} else {
			b = append(b, 1)
			field(aws.ToString(v.StringValue))
		}
	}
	return digest(b)
}

func digest(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// validText reports whether s has only characters that SQS accepts:
// #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.
func validText(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		i += size
	}
	return true
}
