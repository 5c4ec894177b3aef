package terraform

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// plainFunctions are those of Terraform that need nothing of a module. A function that is
// not among them makes a value that is not known.
var plainFunctions = map[string]function.Function{
	"abs": stdlib.AbsoluteFunc, "can": tryfunc.CanFunc, "ceil": stdlib.CeilFunc, "chomp": stdlib.ChompFunc, "chunklist": stdlib.ChunklistFunc, "coalescelist": stdlib.CoalesceListFunc,
	"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "csvdecode": stdlib.CSVDecodeFunc, "distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc,
	"flatten": stdlib.FlattenFunc, "floor": stdlib.FloorFunc, "format": narrow(stdlib.FormatFunc), "formatlist": narrow(stdlib.FormatListFunc), "indent": bounding(stdlib.IndentFunc, indented), "join": bounding(stdlib.JoinFunc, joined),
	"jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc, "keys": stdlib.KeysFunc, "log": stdlib.LogFunc, "lower": stdlib.LowerFunc, "max": stdlib.MaxFunc, "merge": stdlib.MergeFunc,
	"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": stdlib.PowFunc, "range": stdlib.RangeFunc, "regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "reverse": stdlib.ReverseListFunc,
	"setintersection": stdlib.SetIntersectionFunc, "setproduct": bounding(stdlib.SetProductFunc, product), "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "signum": stdlib.SignumFunc,
	"slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "split": stdlib.SplitFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc,
	"trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc, "trimsuffix": stdlib.TrimSuffixFunc, "try": tryfunc.TryFunc, "upper": stdlib.UpperFunc, "values": stdlib.ValuesFunc,
	"zipmap": stdlib.ZipmapFunc,

	"tostring": to(cty.String), "tonumber": to(cty.Number), "tobool": to(cty.Bool),
	"tolist": to(cty.List(cty.DynamicPseudoType)), "toset": to(cty.Set(cty.DynamicPseudoType)), "tomap": to(cty.Map(cty.DynamicPseudoType)),
	"sensitive": same, "nonsensitive": same, "issensitive": onValue(cty.Bool, func(cty.Value) (cty.Value, error) { return cty.False, nil }),
	"length": onValue(cty.Number, length), "one": one, "coalesce": stdlib.CoalesceFunc, "lookup": lookup, "replace": replaceFunction,
	"alltrue":      onValue(cty.Bool, func(v cty.Value) (cty.Value, error) { return booleans(v, true) }),
	"anytrue":      onValue(cty.Bool, func(v cty.Value) (cty.Value, error) { return booleans(v, false) }),
	"startswith":   onTexts(cty.Bool, 2, func(s []string) (cty.Value, error) { return cty.BoolVal(strings.HasPrefix(s[0], s[1])), nil }),
	"endswith":     onTexts(cty.Bool, 2, func(s []string) (cty.Value, error) { return cty.BoolVal(strings.HasSuffix(s[0], s[1])), nil }),
	"strcontains":  onTexts(cty.Bool, 2, func(s []string) (cty.Value, error) { return cty.BoolVal(strings.Contains(s[0], s[1])), nil }),
	"basename":     onText(func(s string) (string, error) { return path.Base(s), nil }),
	"dirname":      onText(func(s string) (string, error) { return path.Dir(s), nil }),
	"base64encode": onText(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }),
	"base64decode": onText(func(s string) (string, error) { b, err := base64.StdEncoding.DecodeString(s); return string(b), err }),
	"md5":          onText(func(s string) (string, error) { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]), nil }),
	"sha1":         onText(func(s string) (string, error) { b := sha1.Sum([]byte(s)); return hex.EncodeToString(b[:]), nil }),
	"sha256":       onText(func(s string) (string, error) { b := sha256.Sum256([]byte(s)); return hex.EncodeToString(b[:]), nil }),
}

// functionsOf returns the functions that expressions of a module can call.
func functionsOf(s *scope) map[string]function.Function {
	all := maps.Clone(plainFunctions)
	all["file"] = onText(func(name string) (string, error) {
		text, err := s.world.config.read(s.clean(name))
		return string(text), err
	})
	all["fileexists"] = onTexts(cty.Bool, 1, func(a []string) (cty.Value, error) {
		_, err := s.world.config.read(s.clean(a[0]))
		return cty.BoolVal(err == nil), nil
	})
	all["templatefile"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return s.template(args[0].AsString(), args[1])
		},
	})
	return all
}

// template is templatefile.
func (s *scope) template(name string, vars cty.Value) (cty.Value, error) {
	text, err := s.world.config.read(s.clean(name))
	if err != nil {
		return cty.DynamicVal, err
	}
	if strings.Count(string(text), "{") > maxDepth*10 || checkDepth(text) != nil {
		return cty.DynamicVal, errors.New("the template is nested too deep")
	}
	expr, diags := hclsyntax.ParseTemplate(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	if ty := vars.Type(); vars.IsNull() || !ty.IsObjectType() && !ty.IsMapType() {
		return cty.DynamicVal, errors.New("the variables of a template are an object")
	}
	v, diags := expr.Value(&hcl.EvalContext{Variables: vars.AsValueMap(), Functions: plainFunctions})
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return v, nil
}

// onTexts is a function of texts.
func onTexts(result cty.Type, n int, do func([]string) (cty.Value, error)) function.Function {
	spec := &function.Spec{Type: function.StaticReturnType(result)}
	for i := range n {
		spec.Params = append(spec.Params, function.Parameter{Name: fmt.Sprintf("arg%d", i), Type: cty.String})
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		texts := make([]string, n)
		for i, a := range args {
			texts[i] = a.AsString()
		}
		return do(texts)
	}
	return function.New(spec)
}

func onText(do func(string) (string, error)) function.Function {
	return onTexts(cty.String, 1, func(a []string) (cty.Value, error) {
		s, err := do(a[0])
		return cty.StringVal(s), err
	})
}

// onValue is a function of any one value.
func onValue(result cty.Type, do func(cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
		Type:   function.StaticReturnType(result),
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return do(args[0]) },
	})
}

// same returns its argument: what is sensitive is not marked here.
var same = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowNull: true, AllowUnknown: true}},
	Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0], nil },
})

func length(v cty.Value) (cty.Value, error) {
	if v.Type() == cty.String {
		return stdlib.Strlen(v)
	}
	return stdlib.Length(v)
}

// booleans is alltrue and anytrue.
func booleans(v cty.Value, all bool) (cty.Value, error) {
	if !v.CanIterateElements() {
		return cty.UnknownVal(cty.Bool), errors.New("it is no list")
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		b, err := convert.Convert(e, cty.Bool)
		if err != nil {
			return cty.UnknownVal(cty.Bool), err
		}
		if !b.IsKnown() {
			return cty.UnknownVal(cty.Bool), nil
		}
		if is := !b.IsNull() && b.True(); is != all {
			return cty.BoolVal(!all), nil
		}
	}
	return cty.BoolVal(all), nil
}

// one returns the only element of a list, null of an empty one.
var one = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType, AllowDynamicType: true}},
	Type:   function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[0].CanIterateElements() {
			return cty.DynamicVal, errors.New("it is no list")
		}
		switch list := args[0].AsValueSlice(); len(list) {
		case 0:
			return cty.NullVal(cty.DynamicPseudoType), nil
		case 1:
			return list[0], nil
		default:
			return cty.DynamicVal, fmt.Errorf("it has %d elements, not one", len(list))
		}
	},
})

// lookup returns an element of a map, or what is given in its place.
var lookup = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "map", Type: cty.DynamicPseudoType}, {Name: "key", Type: cty.String}},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowNull: true},
	Type:     function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		in, key := args[0], args[1].AsString()
		switch ty := in.Type(); {
		case ty.IsObjectType() && ty.HasAttribute(key):
			return in.GetAttr(key), nil
		case ty.IsMapType() && in.HasIndex(args[1]).True():
			return in.Index(args[1]), nil
		case len(args) > 2:
			return args[2], nil
		}
		return cty.DynamicVal, fmt.Errorf("there is no %q", key)
	},
})

// replaceFunction takes a regular expression between slashes too.
var replaceFunction = onTexts(cty.String, 3, func(a []string) (cty.Value, error) {
	if len(a[1]) > 1 && strings.HasPrefix(a[1], "/") && strings.HasSuffix(a[1], "/") {
		re, err := regexp.Compile(a[1][1 : len(a[1])-1])
		if err != nil {
			return cty.UnknownVal(cty.String), err
		}
		if len(re.FindAllStringIndex(a[0], -1)) > maxValue/(len(a[0])*len(a[2])+1) {
			return cty.UnknownVal(cty.String), errLong
		}
		return cty.StringVal(re.ReplaceAllString(a[0], a[2])), nil
	}
	if strings.Count(a[0], a[1]) > maxValue/(len(a[2])+1) {
		return cty.UnknownVal(cty.String), errLong
	}
	return cty.StringVal(strings.ReplaceAll(a[0], a[1], a[2])), nil
})

// to converts to a type.
func to(ty cty.Type) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true}},
		Type: func(args []cty.Value) (cty.Type, error) {
			v, err := convert.Convert(args[0], ty)
			if err != nil {
				return cty.NilType, err
			}
			return v.Type(), nil
		},
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) { return convert.Convert(args[0], ty) },
	})
}
