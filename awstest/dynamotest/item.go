package dynamotest

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An Item is an item in Go's own types: strings, numbers, booleans, []byte, nil, []any,
// map[string]any, []string for a set of strings, and values of the SDK for all others.
// [Table.Get] returns numbers as [json.Number].
type Item map[string]any

func (i Item) attributes() (map[string]types.AttributeValue, error) {
	out := make(map[string]types.AttributeValue, len(i))
	for name, v := range i {
		av, err := attribute(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = av
	}
	return out, nil
}

func attribute(v any) (types.AttributeValue, error) {
	switch v := v.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case types.AttributeValue:
		return v, nil
	case string:
		return &types.AttributeValueMemberS{Value: v}, nil
	case []byte:
		return &types.AttributeValueMemberB{Value: v}, nil
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}, nil
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}, nil
	case float64:
		return &types.AttributeValueMemberN{Value: strconv.FormatFloat(v, 'g', -1, 64)}, nil
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return &types.AttributeValueMemberN{Value: fmt.Sprint(v)}, nil
	case []string:
		return &types.AttributeValueMemberSS{Value: v}, nil
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i, e := range v {
			av, err := attribute(e)
			if err != nil {
				return nil, err
			}
			list[i] = av
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	case map[string]any:
		m, err := Item(v).attributes()
		return &types.AttributeValueMemberM{Value: m}, err
	case Item:
		m, err := v.attributes()
		return &types.AttributeValueMemberM{Value: m}, err
	}
	return nil, fmt.Errorf("an attribute cannot be a %T", v)
}

func itemOf(attributes map[string]types.AttributeValue) Item {
	out := make(Item, len(attributes))
	for name, av := range attributes {
		out[name] = goValue(av)
	}
	return out
}

// goValue is a value in Go's types. Sets of numbers and of binaries stay in the SDK's.
func goValue(av types.AttributeValue) any {
	switch av := av.(type) {
	case *types.AttributeValueMemberS:
		return av.Value
	case *types.AttributeValueMemberN:
		return json.Number(av.Value)
	case *types.AttributeValueMemberB:
		return av.Value
	case *types.AttributeValueMemberBOOL:
		return av.Value
	case *types.AttributeValueMemberNULL:
		return nil
	case *types.AttributeValueMemberSS:
		return av.Value
	case *types.AttributeValueMemberL:
		list := make([]any, len(av.Value))
		for i, e := range av.Value {
			list[i] = goValue(e)
		}
		return list
	case *types.AttributeValueMemberM:
		m := make(map[string]any, len(av.Value))
		for name, e := range av.Value {
			m[name] = goValue(e)
		}
		return m
	}
	return av
}
