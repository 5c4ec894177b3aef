package stepfunctions

import (
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// selectItems has the ItemSelector make what executions get of each item.
func (s *Fake) selectItems(t *thread, env *asl.Env, items []any) ([]any, error) {
	if t.state.Selector == nil {
		return items, nil
	}
	in, err := t.state.Input(env)
	if err != nil {
		return nil, err
	}
	f := &frame{items: items}
	out := make([]any, len(items))
	for i := range items {
		each := s.env(t).With(in)
		object := t.context().(map[string]any)
		object["Map"] = map[string]any{"Item": mapItem(f, i)}
		each.Context = object
		if out[i], err = t.state.Selector.Eval(each); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// batch makes the inputs of the executions of the items ("ItemBatcher (Map)").
func (m *mapRun) batch(t *thread, env *asl.Env, items []any) error {
	b := t.state.Distributed.Batcher
	add := func(v any, size int) error {
		text, ok := asl.Encode(v, asl.MaxData)
		if !ok {
			return &asl.Error{Name: asl.ErrDataLimit, Cause: *textLimit(t)}
		}
		m.inputs, m.sizes, m.items = append(m.inputs, text), append(m.sizes, size), m.items+size
		return nil
	}
	if b == nil {
		for _, v := range items {
			if err := add(v, 1); err != nil {
				return err
			}
		}
		return nil
	}
	most, _, err := b.Items.Of(env)
	if err != nil {
		return err
	}
	bytes, _, err := b.Bytes.Of(env)
	if err != nil {
		return err
	}
	var input any
	if b.Input != nil {
		if input, err = b.Input.Eval(env); err != nil {
			return err
		}
	}
	return batches(items, most, bytes, input, add)
}

// batches cuts items into batches of at most so many items and bytes; 0 is no bound.
func batches(items []any, most, bytes int, input any, add func(any, int) error) error {
	if bytes == 0 || bytes > asl.MaxData {
		bytes = asl.MaxData
	}
	var batch []any
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		v := map[string]any{"Items": batch}
		if input != nil {
			v["BatchInput"] = input
		}
		n := len(batch)
		batch, size = nil, 0
		return add(v, n)
	}
	fixed := len(`{"BatchInput":,"Items":[]}`) + len(encoded(input))
	for _, v := range items {
		length := len(encoded(v)) + 1
		if len(batch) > 0 && (most > 0 && len(batch) == most || fixed+size+length > bytes) {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, v)
		size += length
	}
	return flush()
}

// textLimit is the text of data that is too large for a state.
func textLimit(t *thread) *string { return text(textDataLimit, []any{t.state.Name}) }
