package eventbridge

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// An event is one on its way: it never changes but for what became of it, which its record
// has.
type event struct {
	// document is what targets get.
	document []byte
	parsed   *eventpattern.Event
	trace    string
	// forwarded is whether a bus has sent it on to another: that one does not send it on.
	forwarded bool
	record    *Event
}

// An eventDocument is an event as rules and targets see it.
type eventDocument struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
	ReplayName string          `json:"replay-name,omitempty"`
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// newEvent makes an event. The detail is a JSON object.
func newEvent(d *eventDocument, published time.Time) (*event, error) {
	d.Version = "0"
	if d.Resources == nil {
		d.Resources = []string{}
	}
	size := len(d.Detail) + 1<<10
	for _, resource := range d.Resources {
		size += len(resource) + len(`"",`)
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		return nil, err
	}
	document := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	fields := map[string]any{
		"version": d.Version, "id": d.ID, "detail-type": d.DetailType, "source": d.Source, "account": d.Account,
		"time": d.Time, "region": d.Region, "resources": d.Resources,
	}
	if d.ReplayName != "" {
		fields["replay-name"] = d.ReplayName
	}
	parsed, err := eventpattern.NewEvent(fields, d.Detail)
	if err != nil {
		return nil, err
	}
	return &event{document: document, parsed: parsed, record: &Event{
		ID: d.ID, Source: d.Source, DetailType: d.DetailType, Account: d.Account, Region: d.Region, Time: d.Time,
		Resources: d.Resources, Detail: string(compact(d.Detail)), ReplayName: d.ReplayName, Document: string(document), Published: published,
	}}, nil
}

// on is the event for another bus, which has its own record of it.
func (e *event) on(forwarded bool) *event {
	copied := *e
	record := *e.record
	record.deliveries, record.Deliveries = nil, nil
	copied.record, copied.forwarded = &record, forwarded
	return &copied
}

// isObject reports whether a text is a JSON object.
func isObject(text string) bool {
	trimmed := bytes.TrimLeft([]byte(text), " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed)
}
