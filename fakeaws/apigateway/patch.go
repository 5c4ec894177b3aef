package apigateway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// A patch is what a patch operation can change: a path, in which * stands for the rest, escaped as
// in a JSON pointer, and the operations that it takes. name is what stands for *.
type patch struct {
	path string
	ops  []types.Op
	set  func(op types.Op, name, value string) error
}

var (
	replaces = []types.Op{types.OpReplace}
	adds     = []types.Op{types.OpAdd}
	puts     = []types.Op{types.OpAdd, types.OpReplace}
	removes  = []types.Op{types.OpReplace, types.OpRemove}
	members  = []types.Op{types.OpAdd, types.OpRemove}
	anyOp    = []types.Op{types.OpAdd, types.OpReplace, types.OpRemove}
)

// apply performs patch operations in their order. Who calls it works on a copy, which it keeps
// only without an error.
func apply(ops []types.PatchOperation, patches []patch) error {
	for _, op := range ops {
		if err := applyOne(op, patches); err != nil {
			return err
		}
	}
	return nil
}

func applyOne(op types.PatchOperation, patches []patch) error {
	path, value := aws.ToString(op.Path), aws.ToString(op.Value)
	for i := range patches {
		p := &patches[i]
		name, ok := matchPatch(p.path, path)
		if !ok || !slices.Contains(p.ops, op.Op) {
			continue
		}
		return p.set(op.Op, name, value)
	}
	return badPatch(path, op.Op, patches)
}

// badPatch is the error of a path that an operation does not take.
func badPatch(path string, op types.Op, patches []patch) error {
	var allowed []string
	for _, p := range patches {
		if slices.Contains(p.ops, op) {
			allowed = append(allowed, p.path)
		}
	}
	if allowed == nil {
		return invalid("Invalid patch path  '%s' specified for op '%s'. Please choose supported operations", path, op)
	}
	return invalid("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", path, op, strings.Join(allowed, ", "))
}

func matchPatch(pattern, path string) (name string, ok bool) {
	prefix, wild := strings.CutSuffix(pattern, "*")
	if !wild {
		return "", pattern == path
	}
	name, ok = strings.CutPrefix(path, prefix)
	return unescapePointer(name), ok && name != ""
}

// unescapePointer reads a part of a JSON pointer.
func unescapePointer(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
}

// setText changes a text.
func setText(to **string) func(types.Op, string, string) error {
	return func(op types.Op, _, value string) error {
		*to = &value
		if op == types.OpRemove {
			*to = nil
		}
		return nil
	}
}

// setFilled is setText for one that is removed where its value is empty.
func setFilled(to **string) func(types.Op, string, string) error {
	return func(op types.Op, _, value string) error {
		*to = &value
		if op == types.OpRemove || value == "" {
			*to = nil
		}
		return nil
	}
}

func setEnum[E ~string](to *E, known []E, path string) func(types.Op, string, string) error {
	return func(op types.Op, _, value string) error {
		if op == types.OpRemove {
			*to = ""
			return nil
		}
		if !slices.Contains(known, E(value)) {
			return invalid(textPatchValue, value, path)
		}
		*to = E(value)
		return nil
	}
}

// isTrue reads a flag. What is not "true" is false, as answers of API Gateway show.
func isTrue(value string) bool { return strings.EqualFold(value, "true") }

func setBool(to *bool) func(types.Op, string, string) error {
	return func(_ types.Op, _, value string) error {
		*to = isTrue(value)
		return nil
	}
}

func setInt(to *int32, path string) func(types.Op, string, string) error {
	return func(_ types.Op, _, value string) error {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return invalid(textPatchValue, value, path)
		}
		*to = int32(n)
		return nil
	}
}

func setFloat(to *float64, path string) func(types.Op, string, string) error {
	return func(_ types.Op, _, value string) error {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return invalid(textPatchValue, value, path)
		}
		*to = f
		return nil
	}
}

// setEntry changes an entry of a map, which is copied: who reads the old one goes on to.
func setEntry[V any](to *map[string]V, parse func(string) (V, error)) func(types.Op, string, string) error {
	return func(op types.Op, name, value string) error {
		changed := make(map[string]V, len(*to)+1)
		for k, v := range *to {
			changed[k] = v
		}
		if op == types.OpRemove {
			delete(changed, name)
		} else {
			v, err := parse(value)
			if err != nil {
				return err
			}
			changed[name] = v
		}
		*to = changed
		return nil
	}
}

func asText(s string) (string, error) { return s, nil }

func asBool(s string) (bool, error) { return strings.EqualFold(s, "true"), nil }

// setMemberOf adds to a list or removes from it: the member is the rest of the path.
func setMemberOf(to *[]string) func(types.Op, string, string) error {
	return func(op types.Op, name, value string) error {
		all := slices.DeleteFunc(slices.Clone(*to), func(s string) bool { return s == name })
		if op != types.OpRemove {
			if value != "" && op == types.OpReplace {
				name = value
			}
			all = append(all, name)
		}
		*to = all
		return nil
	}
}

// setValueOf adds to a list or removes from it: the member is the value.
func setValueOf(to *[]string) func(types.Op, string, string) error {
	return func(op types.Op, _, value string) error { return setMemberOf(to)(op, value, "") }
}

// quoted makes the text of a list as API Gateway writes it.
func quoted(all []string) string { return fmt.Sprintf("[%s]", strings.Join(all, ", ")) }
