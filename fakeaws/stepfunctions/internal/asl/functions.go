package asl

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A function is an intrinsic function ("Intrinsic functions for JSONPath states" of the
// developer guide).
type function struct {
	least, most int // arguments; a most below 0 is any number
	apply       func(*Env, []any) (any, error)
}

var functions = map[string]*function{
	"Format":         {1, -1, format},
	"StringToJson":   {1, 1, stringToJSON},
	"JsonToString":   {1, 1, jsonToString},
	"Array":          {0, -1, array},
	"ArrayPartition": {2, 2, arrayPartition},
	"ArrayContains":  {2, 2, arrayContains},
	"ArrayRange":     {3, 3, arrayRange},
	"ArrayGetItem":   {2, 2, arrayGetItem},
	"ArrayLength":    {1, 1, arrayLength},
	"ArrayUnique":    {1, 1, arrayUnique},
	"Base64Encode":   {1, 1, base64Encode},
	"Base64Decode":   {1, 1, base64Decode},
	"Hash":           {2, 2, hashOf},
	"JsonMerge":      {3, 3, jsonMerge},
	"MathRandom":     {2, 3, mathRandom},
	"MathAdd":        {2, 2, mathAdd},
	"StringSplit":    {2, 2, stringSplit},
	"UUID":           {0, 0, newUUID},
}

// maxRange is how many elements ArrayRange makes, maxHashed how many characters are hashed,
// encoded and decoded.
const (
	maxRange  = 1000
	maxHashed = 10_000
)

// MaxData is how long the input or output of a state may be, in bytes of UTF-8.
const MaxData = 256 << 10

func roundHalfUp(f float64) float64 { return math.Floor(f + 0.5) }

func format(_ *Env, a []any) (any, error) {
	template, err := text(a[0])
	if err != nil {
		return nil, err
	}
	values := a[1:]
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		switch {
		case template[i] == '\\' && i+1 < len(template) && (template[i+1] == '{' || template[i+1] == '}'):
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			if len(values) == 0 {
				return nil, errors.New("there are fewer arguments than occurrences of {}")
			}
			s, err := formatted(values[0])
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
			values = values[1:]
			i++
		default:
			b.WriteByte(template[i])
		}
		if b.Len() > MaxData {
			return nil, errors.New("the result is too long")
		}
	}
	if len(values) > 0 {
		return nil, errors.New("there are more arguments than occurrences of {}")
	}
	return b.String(), nil
}

// formatted is a value as Format inserts it: a string as it is, the rest as JSON.
func formatted(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	s, ok := Encode(v, MaxData)
	if !ok {
		return "", errors.New("the argument is too long")
	}
	return s, nil
}

func stringToJSON(_ *Env, a []any) (any, error) {
	s, err := text(a[0])
	if err != nil {
		return nil, err
	}
	v, err := Decode([]byte(s))
	if err != nil {
		return nil, errors.New("the argument is no valid JSON text")
	}
	return v, nil
}

func jsonToString(_ *Env, a []any) (any, error) {
	s, ok := Encode(a[0], MaxData)
	if !ok {
		return nil, errors.New("the argument is too long")
	}
	return s, nil
}

func array(_ *Env, a []any) (any, error) { return a, nil }

func arrayPartition(_ *Env, a []any) (any, error) {
	l, err := list(a[0])
	if err != nil {
		return nil, err
	}
	size, err := whole(a[1])
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, errors.New("the chunk size must be a positive integer")
	}
	chunks := []any{}
	for chunk := range slices.Chunk(l, size) {
		chunks = append(chunks, any(chunk))
	}
	return chunks, nil
}

func arrayContains(env *Env, a []any) (any, error) {
	l, err := list(a[0])
	if err != nil {
		return nil, err
	}
	return slices.ContainsFunc(l, func(v any) bool { return env.meter.equal(v, a[1]) }), nil
}

func arrayRange(_ *Env, a []any) (any, error) {
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = whole(a[i]); err != nil {
			return nil, err
		}
	}
	from, to, by := n[0], n[1], n[2]
	if by == 0 {
		return nil, errors.New("the increment must not be 0")
	}
	if (to-from)/by >= maxRange {
		return nil, errors.New("the array would have more than 1000 elements")
	}
	l := []any{}
	for i := from; by > 0 && i <= to || by < 0 && i >= to; i += by {
		l = append(l, json.Number(strconv.Itoa(i)))
	}
	return l, nil
}

func arrayGetItem(_ *Env, a []any) (any, error) {
	l, err := list(a[0])
	if err != nil {
		return nil, err
	}
	i, err := whole(a[1])
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= len(l) {
		return nil, errors.New("the index is outside of the array")
	}
	return l[i], nil
}

func arrayLength(_ *Env, a []any) (any, error) {
	l, err := list(a[0])
	if err != nil {
		return nil, err
	}
	return json.Number(strconv.Itoa(len(l))), nil
}

// arrayUnique keeps the first of elements that are equal.
func arrayUnique(env *Env, a []any) (any, error) {
	l, err := list(a[0])
	if err != nil {
		return nil, err
	}
	seen, unique := make(map[string]bool, len(l)), []any{}
	for _, v := range l {
		key, ok := Encode(v, MaxData)
		if !ok || !env.meter.pay(1+len(key)) {
			return nil, errMuch
		}
		if !seen[key] {
			seen[key] = true
			unique = append(unique, v)
		}
	}
	return unique, nil
}

func limited(v any) (string, error) {
	s, err := text(v)
	if err == nil && utf8.RuneCountInString(s) > maxHashed {
		err = errors.New("the string is longer than 10,000 characters")
	}
	return s, err
}

func base64Encode(_ *Env, a []any) (any, error) {
	s, err := limited(a[0])
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString([]byte(s)), nil
}

func base64Decode(_ *Env, a []any) (any, error) {
	s, err := limited(a[0])
	if err != nil {
		return nil, err
	}
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, errors.New("the string is no valid Base64")
	}
	return strings.ToValidUTF8(string(decoded), "\uFFFD"), nil
}

var hashes = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

func hashOf(_ *Env, a []any) (any, error) {
	data, err := formatted(a[0])
	if err != nil {
		return nil, err
	}
	if data, err = limited(data); err != nil {
		return nil, err
	}
	name, err := text(a[1])
	if err != nil {
		return nil, err
	}
	algorithm := hashes[name]
	if algorithm == nil {
		return nil, errors.New("the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	h := algorithm()
	h.Write([]byte(data))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// jsonMerge merges two objects; of a key that both have the second counts. "Step Functions
// currently supports only the shallow merging mode".
func jsonMerge(_ *Env, a []any) (any, error) {
	first, ok := a[0].(map[string]any)
	second, both := a[1].(map[string]any)
	if !ok || !both {
		return nil, errors.New("the arguments must be objects")
	}
	if deep, ok := a[2].(bool); !ok || deep {
		return nil, errors.New("the third argument must be false: deep merging is not supported")
	}
	merged := maps.Clone(first)
	if merged == nil {
		merged = make(map[string]any)
	}
	maps.Copy(merged, second)
	return merged, nil
}

// mathRandom makes a number from the first to below the second. With a third the same
// numbers follow each other always; which ones AWS makes of a seed is unverified.
func mathRandom(env *Env, a []any) (any, error) {
	from, err := whole(a[0])
	if err != nil {
		return nil, err
	}
	to, err := whole(a[1])
	if err != nil {
		return nil, err
	}
	if from >= to {
		return nil, errors.New("the first number must be less than the second")
	}
	part := 0.0
	if len(a) == 3 {
		seed, err := whole(a[2])
		if err != nil {
			return nil, err
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte(strconv.Itoa(seed)))
		part = float64(h.Sum64()>>11) / (1 << 53)
	} else if env.Random != nil {
		part = env.Random()
	}
	return json.Number(strconv.Itoa(from + int(part*float64(to-from)))), nil
}

func mathAdd(_ *Env, a []any) (any, error) {
	x, err := whole(a[0])
	if err != nil {
		return nil, err
	}
	y, err := whole(a[1])
	if err != nil {
		return nil, err
	}
	return json.Number(strconv.Itoa(x + y)), nil
}

// stringSplit cuts a string at each of the characters of the second; what is empty between
// two is left out.
func stringSplit(_ *Env, a []any) (any, error) {
	s, err := text(a[0])
	if err != nil {
		return nil, err
	}
	at, err := text(a[1])
	if err != nil {
		return nil, err
	}
	parts := []any{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(at, r) }) {
		parts = append(parts, part)
	}
	return parts, nil
}

func newUUID(env *Env, _ []any) (any, error) {
	if env.UUID == nil {
		return "00000000-0000-4000-8000-000000000000", nil
	}
	return env.UUID(), nil
}
