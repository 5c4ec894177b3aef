package cloudformation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/sdkjson"
)

// A job is one resource that is made, changed or deleted, with no lock held.
type job struct {
	s   *Fake
	ctx context.Context
	place
	stackID, stackName string
	tags, tagsBefore   map[string]string // of the stack, and those that the resource has of it
	capabilities       []string
	role, accessKey    string
	forward            fakeaws.Forward
	actor              fakeaws.Actor
	phase              phase

	logical, kind string
	properties    map[string]any
	old           map[string]any
	attempted     *attempt // what an update that failed may have set in part
	// current is the resource that is there; made is what it becomes, nil in a rollback.
	current, made  *resource
	removing       *resource
	waiting        *pending
	replacing      bool
	refuse         string
	creationPolicy any
	token          string

	// What the work tells.
	id         string
	attributes map[string]string
	state      map[string]string
	wait       time.Duration // until it is looked at again
	err        error
}

// A kind is how the resources of a type are made. The operations that it calls are those that
// the resource type's handlers are documented to call; that they are all, and in which order,
// is unverified.
type kind struct {
	// name is the property that names the resource; made up where it is not given.
	name string
	// immutable are the properties whose change replaces the resource.
	immutable []string
	// allows are the properties that are understood beside those. Another is refused by name.
	allows []string
	// members are those that are understood of properties whose members are taken one by one,
	// and not handed to a service whole: by the property, or "Property.Member". Another is
	// refused by name.
	members map[string][]string
	// tags is how the property Tags is written, to which the stack's tags are added: "list" or
	// "map"; empty where there is none.
	tags string

	create, update, remove func(*job) error
	// ready looks whether what was made or changed is there: it sets wait if not. gone is
	// that of what is deleted.
	ready, gone func(*job) error
	// whole decides by itself whether a change replaces.
	whole func(changed []string, j *job) bool
}

// replaces reports whether a change needs another resource.
func (k *kind) replaces(changed []string, j *job) bool {
	if k.whole != nil {
		return k.whole(changed, j)
	}
	return slices.ContainsFunc(changed, func(name string) bool { return name == k.name || slices.Contains(k.immutable, name) })
}

// kindOf is the type by which a kind is found: custom resources share one.
func kindOf(name string) string {
	if strings.HasPrefix(name, "Custom::") {
		return customType
	}
	return name
}

// run does the job.
func (j *job) run() {
	k := kinds[kindOf(j.kind)]
	switch {
	case k == nil:
		j.err = notImplemented("the resource type " + j.kind)
	case j.refuse != "":
		j.err = reason(j.refuse)
	}
	if j.err != nil {
		return
	}
	if j.removing == nil {
		if j.err = j.checkProperties(k); j.err != nil {
			return
		}
	}
	if j.actor, j.err = j.s.actor(j.ctx, j); j.err != nil {
		return
	}
	if j.attributes == nil {
		j.attributes = map[string]string{}
	}
	if j.state == nil {
		j.state = map[string]string{}
	}
	if j.removing == nil || kindOf(j.kind) == customType { // a deletion needs no secret
		if j.properties, j.err = j.resolved(j.properties); j.err != nil {
			return
		}
	}
	j.err = j.work(k)
}

func (j *job) work(k *kind) error {
	if j.removing != nil {
		if j.waiting == nil {
			if err := k.remove(j); err != nil && !isNotFound(err) {
				return err
			}
		}
		if k.gone != nil {
			return k.gone(j)
		}
		return nil
	}
	if j.waiting == nil {
		change := k.create
		if j.id != "" && !j.replacing {
			change = k.update
		}
		if j.replacing {
			j.id, j.attributes = "", map[string]string{}
		}
		if change == nil {
			return notImplemented("the update of " + j.kind)
		}
		// What an update that failed was to set may be set or not: it is changed from both.
		if old, tags := j.old, j.tagsBefore; j.attempted != nil && j.id != "" {
			j.old, j.tagsBefore = j.attempted.properties, j.attempted.tags
			if err := change(j); err != nil || j.wait > 0 {
				return err
			}
			j.old, j.tagsBefore = old, tags
		}
		if err := change(j); err != nil || j.wait > 0 {
			return err
		}
	}
	j.wait = 0
	if k.ready != nil {
		return k.ready(j)
	}
	return nil
}

// checkProperties refuses properties that are not understood, and never leaves one out.
func (j *job) checkProperties(k *kind) error {
	if slices.Contains(k.allows, "*") {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(j.properties)) {
		if name != k.name && name != "Tags" && !slices.Contains(k.immutable, name) && !slices.Contains(k.allows, name) || name == "Tags" && k.tags == "" {
			return notImplemented("the property " + name + " of " + j.kind)
		}
		if err := j.checkMembers(k, name, j.properties[name]); err != nil {
			return err
		}
	}
	return nil
}

// checkMembers refuses members that are not understood, in a property and what is in it.
func (j *job) checkMembers(k *kind, place string, v any) error {
	understood, ok := k.members[place]
	if !ok {
		return nil
	}
	for _, o := range objects(v) {
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if !slices.Contains(understood, name) {
				return notImplemented("the property " + place + "." + name + " of " + j.kind)
			}
			if err := j.checkMembers(k, place+"."+name, o[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// A callError is the error of an operation of a service.
type callError struct {
	service, operation string
	err                error
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// call performs an operation of a service, with the members of the SDK's input. Properties of
// templates are texts where numbers and booleans are meant, and the other way round, as
// CloudFormation takes them. Members that are nil are left out.
func (j *job) call(sdk, operation string, params map[string]any) (map[string]any, error) {
	in, ok := j.s.world.InputOf(sdk, operation)
	if !ok {
		return nil, fmt.Errorf("leastpriv: %s needs %s:%s, of which this World has no fake", j.kind, sdk, operation)
	}
	params, _ = coerced(params, reflect.TypeOf(in).Elem()).(map[string]any)
	if err := sdkjson.Fill(in, params); err != nil {
		var field *sdkjson.FieldError
		if errors.As(err, &field) {
			return nil, notImplemented("the property " + field.Place + " of " + j.kind + " (" + field.Problem + ")")
		}
		return nil, err
	}
	out, err := j.s.world.Do(j.ctx, j.actor, in)
	if err != nil {
		return nil, &callError{sdk, operation, err}
	}
	got, _ := sdkjson.Value(out).(map[string]any)
	return got, nil
}

// do is call for who needs no answer.
func (j *job) do(sdk, operation string, params map[string]any) error {
	_, err := j.call(sdk, operation, params)
	return err
}

// coerced makes the values of a template those that a type of the SDK has.
func coerced(v any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		return coercedObject(v, t)
	case []any:
		if t.Kind() == reflect.Slice {
			list := make([]any, len(v))
			for i, e := range v {
				list[i] = coerced(e, t.Elem())
			}
			return list
		}
	case []string:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = e
		}
		return list
	case string:
		switch k := t.Kind(); {
		case k >= reflect.Int && k <= reflect.Float64:
			return json.Number(v)
		case k == reflect.Bool && (strings.EqualFold(v, "true") || strings.EqualFold(v, "false")):
			return strings.EqualFold(v, "true")
		}
	case json.Number:
		if t.Kind() == reflect.String {
			return v.String()
		}
	case int:
		return json.Number(strconv.Itoa(v))
	case bool:
		if t.Kind() == reflect.String {
			return strconv.FormatBool(v)
		}
	}
	if t.Kind() == reflect.Slice && v != nil && t.Elem().Kind() != reflect.Uint8 {
		return []any{coerced(v, t.Elem())} // one for a list of one
	}
	return v
}

func coercedObject(v map[string]any, t reflect.Type) any {
	object := make(map[string]any, len(v))
	for name, value := range v {
		switch {
		case value == nil:
		case t.Kind() == reflect.Struct:
			if f, ok := t.FieldByName(name); ok {
				value = coerced(value, f.Type)
			}
			object[name] = value
		case t.Kind() == reflect.Map:
			object[name] = coerced(value, t.Elem())
		default:
			object[name] = value
		}
	}
	return object
}

// physical is the name of a resource: the one that a property says, or one that is made up,
// of the stack's name, the logical id and 12 characters.
func (j *job) physical(property string, limit int, lower bool) string {
	if name := j.text(property); name != "" {
		return name
	}
	suffix := ""
	if j.isTrue("FifoQueue") || j.isTrue("FifoTopic") {
		suffix = ".fifo"
	}
	const made = 12
	name := shortened(j.stackName, j.logical, limit-made-2-len(suffix)) + "-" + j.s.world.IDs().Name(made) + suffix
	if lower {
		name = strings.ToLower(name)
	}
	return name
}

// shortened joins the names of a stack and of a resource, both cut where they are too long
// together.
func shortened(stack, logical string, limit int) string {
	if over := len(stack) + len(logical) - limit; over > 0 {
		half := limit / 2
		switch {
		case len(stack) <= half:
			logical = logical[:limit-len(stack)]
		case len(logical) <= half:
			stack = stack[:limit-len(logical)]
		default:
			stack, logical = stack[:half], logical[:half]
		}
	}
	return strings.TrimSuffix(stack, "-") + "-" + logical
}

// text is a property as text; empty where it is not there.
func (j *job) text(name string) string { return encodedText(j.properties[name]) }

// encodedText is a value as text: a policy, which may be an object, is JSON.
func encodedText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return encoded(v)
}

func (j *job) isTrue(name string) bool { return strings.EqualFold(j.text(name), "true") }

// list is a property that is a list of texts.
func list(v any) (all []string) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, e := range v {
			all = append(all, encodedText(e))
		}
	default:
		all = append(all, encodedText(v))
	}
	return all
}

// objects is a property that is a list of objects.
func objects(v any) (all []map[string]any) {
	items, ok := v.([]any)
	if !ok && v != nil {
		items = []any{v}
	}
	for _, e := range items {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// pick are the properties of some names, as they are.
func (j *job) pick(names ...string) map[string]any {
	picked := map[string]any{}
	for _, name := range names {
		if v := j.properties[name]; v != nil {
			picked[name] = v
		}
	}
	return picked
}

// with adds members to some.
func with(params map[string]any, pairs ...any) map[string]any {
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := pairs[i+1]; v != nil && v != "" {
			params[pairs[i].(string)] = v
		}
	}
	return params
}

// changes are the properties that differ, in order.
func changes(old, now map[string]any) (all []string) {
	names := map[string]bool{}
	for name := range old {
		names[name] = true
	}
	for name := range now {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if encoded(old[name]) != encoded(now[name]) {
			all = append(all, name)
		}
	}
	return all
}

// changed reports whether one of some properties differs from what it was.
func (j *job) changed(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return encoded(j.old[name]) != encoded(j.properties[name]) })
}

// later has a job looked at again.
func (j *job) later(d time.Duration) { j.wait = d }

// poll is how long CloudFormation waits until it looks again whether a resource is there. Its
// own time is unverified.
const poll = 5 * time.Second

// describedGone looks whether a resource is gone by the operation that describes it, of which
// a member has the resource's id.
func describedGone(service, operation, member string) func(*job) error {
	return func(j *job) error {
		j.wait = 0
		_, err := j.call(service, operation, map[string]any{member: j.id})
		switch {
		case err == nil:
			j.later(poll)
			return nil
		case isNotFound(err):
			return nil
		}
		return err
	}
}
