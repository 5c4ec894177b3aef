package selectsql

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A naive is an expression with its value for a row, calculated in Go. A truth is nil where
// SQL does not know it.
type naive struct {
	text  string
	truth *bool
	order int // of a value
	known bool
}

// row is what random expressions are about.
const propertyRow = `{"a":1,"b":2,"c":-3,"n":null}`

var propertyValues = map[string]int{"a": 1, "b": 2, "c": -3}

func value(t *rapid.T) naive {
	switch name := rapid.SampledFrom([]string{"a", "b", "c", "n", "none", ""}).Draw(t, "name"); name {
	case "":
		n := rapid.IntRange(-3, 3).Draw(t, "number")
		return naive{text: fmt.Sprint(n), order: n, known: true}
	case "n", "none":
		return naive{text: "s." + name}
	default:
		return naive{text: name, order: propertyValues[name], known: true}
	}
}

// number is a value, or a sum, a difference or a product of two.
func number(t *rapid.T, depth int) naive {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		return value(t)
	}
	x, y := number(t, depth-1), number(t, depth-1)
	op := rapid.SampledFrom([]string{"+", "-", "*"}).Draw(t, "op")
	n := naive{text: "(" + x.text + " " + op + " " + y.text + ")", known: x.known && y.known}
	switch op {
	case "+":
		n.order = x.order + y.order
	case "-":
		n.order = x.order - y.order
	default:
		n.order = x.order * y.order
	}
	return n
}

func truthOf(b bool) *bool { return &b }

func and(a, b *bool) *bool {
	switch {
	case a != nil && !*a, b != nil && !*b:
		return truthOf(false)
	case a == nil, b == nil:
		return nil
	}
	return truthOf(true)
}

func opposite(a *bool) *bool {
	if a == nil {
		return nil
	}
	return truthOf(!*a)
}

func or(a, b *bool) *bool { return opposite(and(opposite(a), opposite(b))) }

// condition is a random condition, written without the parentheses that the operators'
// precedence makes needless.
func condition(t *rapid.T, depth int) naive {
	if depth > 0 {
		switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); kind {
		case 0, 1:
			x, y := condition(t, depth-1), condition(t, depth-1)
			if kind == 0 {
				return naive{text: "(" + x.text + ") AND (" + y.text + ")", truth: and(x.truth, y.truth)}
			}
			return naive{text: "((" + x.text + ") OR (" + y.text + "))", truth: or(x.truth, y.truth)}
		case 2:
			x := condition(t, depth-1)
			return naive{text: "NOT (" + x.text + ")", truth: opposite(x.truth)}
		}
	}
	x, y, z := number(t, 2), number(t, 2), number(t, 1)
	compared := func(a, b naive, holds bool) *bool {
		if !a.known || !b.known {
			return nil
		}
		return &holds
	}
	switch op := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">=", "between", "in", "null"}).Draw(t, "comparison"); op {
	case "between":
		return naive{text: x.text + " BETWEEN " + y.text + " AND " + z.text,
			truth: and(compared(x, y, x.order >= y.order), compared(x, z, x.order <= z.order))}
	case "in":
		return naive{text: x.text + " IN (" + y.text + ", " + z.text + ")",
			truth: or(compared(x, y, x.order == y.order), compared(x, z, x.order == z.order))}
	case "null":
		return naive{text: x.text + " IS NULL", truth: truthOf(!x.known)}
	default:
		holds := map[string]bool{"=": x.order == y.order, "<>": x.order != y.order, "<": x.order < y.order, "<=": x.order <= y.order, ">": x.order > y.order, ">=": x.order >= y.order}[op]
		return naive{text: x.text + " " + op + " " + y.text, truth: compared(x, y, holds)}
	}
}

// Conditions are decided as an evaluator decides them that knows nothing but three values.
func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := condition(t, 3)
		want := "null"
		if c.truth != nil {
			want = fmt.Sprint(*c.truth)
		}
		got, err := resultsOf("SELECT "+c.text+" AS v FROM S3Object s", propertyRow)
		require.NoError(t, err, c.text)
		require.Equal(t, []string{`{"v":` + want + "}"}, got, c.text)
		got, err = resultsOf("SELECT * FROM S3Object s WHERE "+c.text, propertyRow)
		require.NoError(t, err, c.text)
		require.Equal(t, c.truth != nil && *c.truth, len(got) == 1, c.text)
	})
}

// LIKE is what a regular expression is.
func TestLikeAgainstRegexp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("abä%_")), 0, 12, -1).Draw(t, "text")
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("abä%%_")), 0, 8, -1).Draw(t, "pattern")
		re := regexp.QuoteMeta(pattern)
		re = strings.ReplaceAll(strings.ReplaceAll(re, "%", ".*"), "_", ".")
		want := regexp.MustCompile("^(?s:" + re + ")$").MatchString(text)
		compiled, err := compile(&Value{kind: String, text: pattern}, false, &Value{})
		require.NoError(t, err)
		got, err := compiled.matches(new(env), text)
		require.NoError(t, err)
		require.Equal(t, want, got, "%q LIKE %q", text, pattern)
	})
}

// A decimal is written as it is read, and calculates as fractions do.
func TestDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,12})?`).Draw(t, "x")
		x, ok := parseDecimal(text)
		require.True(t, ok)
		require.Equal(t, strings.TrimPrefix(text, "-"), strings.TrimPrefix(x.String(), "-"))
		y, ok := parseDecimal(rapid.StringMatching(`-?[1-9][0-9]{0,8}(\.[0-9]{1,8})?`).Draw(t, "y"))
		require.True(t, ok)
		sum, ok := x.add(y)
		require.True(t, ok)
		back, ok := sum.add(y.neg())
		require.True(t, ok)
		require.Zero(t, back.cmp(x))
		product, ok := x.mul(y)
		require.True(t, ok)
		quotient, ok := product.div(y)
		require.True(t, ok)
		require.InDelta(t, x.float(), quotient.float(), 1e-12*(1+math.Abs(x.float())))
		rest, ok := x.rem(y)
		require.True(t, ok)
		if rest.coef.Sign() < 0 {
			rest = rest.neg()
		}
		if y.coef.Sign() < 0 {
			y = y.neg()
		}
		require.Negative(t, rest.cmp(y))
	})
}

// Whatever the expression is, it is refused with one of S3 Select's errors, or its result
// is JSON.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"SELECT * FROM S3Object", "SELECT s.a[0].\"b\", -1.5e2 x FROM S3Object[*].a['b'].*[3] s WHERE s.a LIKE '%a_' ESCAPE 'x' LIMIT 5",
		"SELECT COUNT(*), SUM(CAST(a AS DECIMAL(3, 2))) FROM S3Object", "SELECT CASE a WHEN 1 THEN `2010T` ELSE `\"x\"` END FROM S3Object;",
		"SELECT TRIM(BOTH 'x' FROM b), SUBSTRING(b FROM 2 FOR 3), EXTRACT(YEAR FROM TO_TIMESTAMP('2010T')) FROM S3Object -- c",
		"SELECT DATE_ADD(day, 1, UTCNOW()), TO_STRING(UTCNOW(), 'yyyy') FROM S3Object WHERE a IN (1, NULL) AND NOT a BETWEEN 1 AND 2",
	} {
		f.Add(s, `{"a":[{"b":1.5e300}],"b":"xäx"}`)
	}
	f.Fuzz(func(t *testing.T, expression, row string) {
		var compact any
		if json.Unmarshal([]byte(row), &compact) != nil || !utf8.ValidString(row) {
			row = `{}`
		} else {
			b, err := json.Marshal(compact)
			require.NoError(t, err)
			row = string(b)
		}
		for _, csv := range []bool{false, true} {
			q, err := Parse(expression)
			if err == nil && csv {
				err = q.BindCSV([]string{"a", "b"})
			} else if err == nil {
				err = q.BindJSON()
			}
			if err != nil {
				require.ErrorAs(t, err, new(*Error))
				require.NotEmpty(t, err.(*Error).Message, err.(*Error).Code)
				continue
			}
			q.Start(noon, nil)
			record := &Row{Value: JSON(row)}
			if csv {
				record = &Row{Fields: []string{"1", row}, Names: []string{"a", "b"}}
			}
			for range 2 {
				out, err := q.Next(record)
				if err != nil {
					require.ErrorAs(t, err, new(*Error))
					require.NotEmpty(t, err.(*Error).Message, err.(*Error).Code)
					break
				}
				if out != nil {
					for i := range out.Values {
						require.True(t, json.Valid(out.Values[i].AppendJSON(nil)), "%s", out.Values[i].AppendJSON(nil))
					}
				}
			}
			_, _ = q.Last()
		}
	})
}
