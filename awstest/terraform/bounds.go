package terraform

import (
	"errors"
	"regexp"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// errLong is the error of a function that would make more than a value may have.
var errLong = errors.New("the result is too long")

// bounding is a function whose result has a size that its arguments tell: more than a
// value may have is refused before it is made.
func bounding(of function.Function, size func([]cty.Value) int) function.Function {
	spec := &function.Spec{VarParam: of.VarParam(), Params: of.Params()}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		if n := size(args); n < 0 || n > maxValue {
			return cty.NilType, errLong
		}
		return of.ReturnTypeForValues(args)
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) { return of.Call(args) }
	return function.New(spec)
}

// product is how many elements setproduct makes.
func product(args []cty.Value) int {
	n := 1
	for _, a := range args {
		if !a.IsKnown() || a.IsNull() || !a.CanIterateElements() {
			return 0
		}
		n *= a.LengthInt()
		if n > maxValue {
			return -1
		}
	}
	return n * len(args)
}

// joined is how long the text between the elements of join is.
func joined(args []cty.Value) int {
	if len(args) == 0 || !args[0].IsKnown() || args[0].IsNull() {
		return 0
	}
	n := 0
	for _, a := range args[1:] {
		if a.IsKnown() && !a.IsNull() && a.CanIterateElements() {
			n += a.LengthInt()
		}
	}
	return n * len(args[0].AsString())
}

// indented is how long the spaces are that indent puts.
func indented(args []cty.Value) int {
	if len(args) < 2 || !args[0].IsKnown() || args[0].IsNull() || !args[1].IsKnown() || args[1].IsNull() {
		return 0
	}
	spaces, _ := args[0].AsBigFloat().Int64()
	lines, err := stdlib.Split(cty.StringVal("\n"), args[1])
	if err != nil || spaces < 0 || spaces > maxValue {
		return -1
	}
	return int(spaces) * lines.LengthInt()
}

// wide is a width of more than three digits in the text of format.
var wide = regexp.MustCompile(`%[-+# 0]*\*|%[^%a-zA-Z]*[0-9]{4}`)

// narrow is a formatting function that pads no further than a policy may be long.
func narrow(of function.Function) function.Function {
	return bounding(of, func(args []cty.Value) int {
		if len(args) > 0 && args[0].IsKnown() && !args[0].IsNull() && args[0].Type() == cty.String && wide.MatchString(args[0].AsString()) {
			return -1
		}
		return 0
	})
}
