package value

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Texts about values, as DynamoDB answers them.
const (
	textNoType     = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	textNull       = "One or more parameter values were invalid: Null attribute value types must have the value of true"
	textEmptySet   = "One or more parameter values were invalid: An %s set  may not be empty" // AWS's two spaces
	textEmptyBins  = "One or more parameter values were invalid: Binary sets should not be empty"
	textDuplicates = "One or more parameter values were invalid: Input collection %s contains duplicates."
	TextNesting    = "Nesting Levels have exceeded supported limits"
)

// maxNesting is how deep lists and maps may be nested (developer guide, "Quotas").
const maxNesting = 32

// Of reads a value of the SDK.
func Of(av types.AttributeValue) (Value, error) { return of(av, 0) }

// OfItem reads the attributes of an item.
func OfItem(item map[string]types.AttributeValue) (Map, error) { return ofMap(item, 0) }

func of(av types.AttributeValue, depth int) (Value, error) {
	switch av := av.(type) {
	case *types.AttributeValueMemberS:
		return String(av.Value), nil
	case *types.AttributeValueMemberN:
		n, err := ParseNumber(av.Value)
		return OfNumber(n), err
	case *types.AttributeValueMemberB:
		return Binary(av.Value), nil
	case *types.AttributeValueMemberBOOL:
		return OfBool(av.Value), nil
	case *types.AttributeValueMemberNULL:
		if !av.Value {
			return Value{}, Error(textNull)
		}
		return Value{kind: Null}, nil
	case *types.AttributeValueMemberSS:
		return ofSet(SS, av.Value)
	case *types.AttributeValueMemberNS:
		return ofSet(NS, av.Value)
	case *types.AttributeValueMemberBS:
		texts := make([]string, len(av.Value))
		for i, b := range av.Value {
			texts[i] = string(b)
		}
		return ofSet(BS, texts)
	}
	if depth == maxNesting {
		return Value{}, Error(TextNesting)
	}
	switch av := av.(type) {
	case *types.AttributeValueMemberL:
		list := make([]Value, len(av.Value))
		for i, e := range av.Value {
			v, err := of(e, depth+1)
			if err != nil {
				return Value{}, err
			}
			list[i] = v
		}
		return OfList(list), nil
	case *types.AttributeValueMemberM:
		m, err := ofMap(av.Value, depth+1)
		return OfMap(m), err
	}
	return Value{}, Error(textNoType)
}

func ofMap(from map[string]types.AttributeValue, depth int) (Map, error) {
	m := make(Map, len(from))
	for name, av := range from {
		v, err := of(av, depth)
		if err != nil {
			return nil, err
		}
		m[name] = v
	}
	return m, nil
}

func ofSet(kind Kind, texts []string) (Value, error) {
	if len(texts) == 0 {
		switch kind {
		case SS:
			return Value{}, Error(fmt.Sprintf(textEmptySet, "string"))
		case NS:
			return Value{}, Error(fmt.Sprintf(textEmptySet, "number"))
		}
		return Value{}, Error(textEmptyBins)
	}
	list := make([]Value, len(texts))
	for i, text := range texts {
		list[i] = Value{kind: kind.element(), text: text}
		if kind == NS {
			n, err := ParseNumber(text)
			if err != nil {
				return Value{}, err
			}
			list[i] = OfNumber(n)
		}
	}
	slices.SortFunc(list, Value.Compare)
	if len(slices.CompactFunc(slices.Clone(list), Value.Equal)) != len(list) {
		shown := texts
		if kind == BS {
			shown = make([]string, len(texts))
			for i, t := range texts {
				shown[i] = Binary([]byte(t)).Key()
			}
		}
		return Value{}, Error(fmt.Sprintf(textDuplicates, "["+strings.Join(shown, ", ")+"]"))
	}
	return Value{kind: kind, list: list}, nil
}

// SDK is the value in the SDK's type.
func (v Value) SDK() types.AttributeValue {
	switch v.kind {
	case S:
		return &types.AttributeValueMemberS{Value: v.text}
	case N:
		return &types.AttributeValueMemberN{Value: v.text}
	case B:
		return &types.AttributeValueMemberB{Value: []byte(v.text)}
	case Bool:
		return &types.AttributeValueMemberBOOL{Value: v.is}
	case Null:
		return &types.AttributeValueMemberNULL{Value: true}
	case SS:
		return &types.AttributeValueMemberSS{Value: v.texts()}
	case NS:
		return &types.AttributeValueMemberNS{Value: v.texts()}
	case BS:
		all := make([][]byte, len(v.list))
		for i, e := range v.list {
			all[i] = []byte(e.text)
		}
		return &types.AttributeValueMemberBS{Value: all}
	case L:
		all := make([]types.AttributeValue, len(v.list))
		for i, e := range v.list {
			all[i] = e.SDK()
		}
		return &types.AttributeValueMemberL{Value: all}
	case M:
		return &types.AttributeValueMemberM{Value: v.m.SDK()}
	}
	return nil
}

// SDK is an item in the SDK's types.
func (m Map) SDK() map[string]types.AttributeValue {
	all := make(map[string]types.AttributeValue, len(m))
	for name, v := range m {
		all[name] = v.SDK()
	}
	return all
}

func (v Value) texts() []string {
	all := make([]string, len(v.list))
	for i, e := range v.list {
		all[i] = e.text
	}
	return all
}

func itoa(i int) string { return strconv.Itoa(i) }

func btoa(b bool) string { return strconv.FormatBool(b) }

// Texts about sets in statements of PartiQL, of which no answer of DynamoDB is on record:
// unverified.
const (
	textEmptyElements = "One or more parameter values were invalid: A set may not be empty"
	textMixedSet      = "One or more parameter values were invalid: The elements of a set must be of one type: string, number or binary"
)
