package ses

import (
	"bytes"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A rawCall is a call that sends a message which is in its form already.
type rawCall struct {
	actions                       []string
	raw                           []byte
	source                        string
	sourceARN, fromARN, returnARN string
	returnPath                    string
	set                           string
	destinations                  []string
	tags                          map[string]string
	keys                          map[string]string
	most                          int // bytes
}

// Headers by which a raw message has what else members of the call have. SES uses what the call
// has if there are both, and sends none of them ("Sending emails for the identity owner").
const (
	headerSet       = "X-Ses-Configuration-Set"
	headerTags      = "X-Ses-Message-Tags"
	headerSourceARN = "X-Ses-Source-Arn"
	headerFromARN   = "X-Ses-From-Arn"
	headerReturnARN = "X-Ses-Return-Path-Arn"
)

// prepare reads a raw message: who sends it, and to whom.
func (in *rawCall) prepare(call *fakeaws.Call) (*sending, *outgoing, []string, error) {
	if len(in.raw) == 0 {
		return nil, nil, nil, invalid(call, textMessage, "it is empty")
	}
	if len(in.raw) > in.most {
		return nil, nil, nil, invalid(call, textMessageSize, in.most)
	}
	head, err := headOf(call, in.raw)
	if err != nil {
		return nil, nil, nil, err
	}
	in.complete(head)
	m := &sending{call: call, actions: in.actions, set: in.set, tags: in.tags, keys: in.keys}
	if err := in.senders(call, m, head); err != nil {
		return nil, nil, nil, err
	}
	lists := [][]string{in.destinations}
	if len(in.destinations) == 0 {
		for _, name := range []string{"To", "Cc", "Bcc"} {
			lists = append(lists, headerAddresses(head, name))
		}
	}
	to, err := recipients(call, lists...)
	if err != nil {
		return nil, nil, nil, err
	}
	m.to = to
	return m, &outgoing{raw: withoutHeaders(in.raw)}, to, nil
}

// single are the headers that a message has once at most: of several, programs that read mail
// show one or the other.
var single = []string{"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Return-Path", headerSet, headerTags, headerSourceARN, headerFromARN, headerReturnARN}

// headOf reads the headers of a raw message. Those of one that is not well formed count too:
// what it claims to be from must be the caller's to use.
func headOf(call *fakeaws.Call, raw []byte) (mail.Header, error) {
	head := make(mail.Header)
	if m, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		for name, values := range m.Header {
			head[headerName(name)] = append(head[headerName(name)], values...)
		}
	} else {
		for _, h := range headersOf(raw) {
			head[headerName(h.Name)] = append(head[headerName(h.Name)], h.Value)
		}
	}
	for _, name := range single {
		if len(head[name]) > 1 {
			return nil, invalid(call, textDuplicate, name)
		}
	}
	return head, nil
}

// headerName is the name of a header as a [mail.Header] has it. Spaces may stand between a name
// and its colon: "Obsolete Header Fields" of RFC 5322.
func headerName(text string) string {
	return textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(text))
}

// complete takes of the headers what the call lacks.
func (in *rawCall) complete(head mail.Header) {
	for name, to := range map[string]*string{headerSet: &in.set, headerSourceARN: &in.sourceARN, headerFromARN: &in.fromARN, headerReturnARN: &in.returnARN} {
		if *to == "" {
			*to = strings.TrimSpace(head.Get(name))
		}
	}
	if len(in.tags) == 0 {
		in.tags = make(map[string]string)
		for tag := range strings.SplitSeq(head.Get(headerTags), ",") {
			if name, value, ok := strings.Cut(strings.TrimSpace(tag), "="); ok {
				in.tags[name] = value
			}
		}
	}
}

// senders finds all addresses that the message is sent as. All of them must be the caller's
// to use: the envelope's, those of From and Sender, and the one of Return-Path.
func (in *rawCall) senders(call *fakeaws.Call, m *sending, head mail.Header) error {
	var all []*sender
	add := func(text, arn string) error {
		x, err := newSender(call, text, arn)
		if err == nil && !slices.ContainsFunc(all, func(other *sender) bool {
			return other.address == x.address && other.name == x.name && other.arn == x.arn
		}) {
			all = append(all, x)
		}
		return err
	}
	froms := headerAddresses(head, "From")
	for _, name := range []string{"From", "Sender"} {
		if text := head.Get(name); text != "" && len(headerAddresses(head, name)) == 0 {
			return invalid(call, textAddress, text)
		}
	}
	for _, text := range froms {
		if err := add(text, in.fromARN); err != nil {
			return err
		}
	}
	for _, x := range all {
		x.header = true
	}
	for _, text := range headerAddresses(head, "Sender") {
		if err := add(text, in.fromARN); err != nil {
			return err
		}
	}
	if in.source != "" {
		if err := add(in.source, in.sourceARN); err != nil {
			return err
		}
	} else if in.sourceARN != "" && len(froms) > 0 {
		if err := add(froms[0], in.sourceARN); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return invalid(call, "Missing required header 'From'.")
	}
	m.from, m.others, m.feedback = all[0], all[1:], in.feedback(head)
	return in.bounces(call, m)
}

// feedback is where bounces go by the request or the message; empty where they do not say it.
func (in *rawCall) feedback(head mail.Header) string {
	if in.returnPath != "" {
		return in.returnPath
	}
	if path := strings.Trim(head.Get("Return-Path"), "<> "); path != "" {
		return path
	}
	if a, ok := parseAddress(in.source); ok {
		return a.Address
	}
	return ""
}

// bounces adds the address that bounces go to.
func (in *rawCall) bounces(call *fakeaws.Call, m *sending) error {
	if m.feedback == "" {
		return nil
	}
	x, err := newSender(call, m.feedback, in.returnARN)
	if err != nil {
		return err
	}
	m.feedback = x.address
	same := func(other *sender) bool { return other.address == x.address && (x.arn == "" || other.arn == x.arn) }
	if !same(m.from) && !slices.ContainsFunc(m.others, same) {
		m.others = append(m.others, x)
	}
	return nil
}

// withoutHeaders is a message without the headers that are for SES, and without Bcc.
func withoutHeaders(raw []byte) []byte {
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	end := "\r\n"
	if !ok {
		head, body, ok = bytes.Cut(raw, []byte("\n\n"))
		end = "\n"
	}
	if !ok {
		return raw
	}
	var out bytes.Buffer
	drop := false
	for line := range strings.SplitSeq(string(head), end) {
		if line == "" || line[0] != ' ' && line[0] != '\t' {
			name, _, _ := strings.Cut(line, ":")
			name = headerName(name)
			drop = name == "Bcc" || strings.HasPrefix(name, "X-Ses-")
		}
		if !drop {
			out.WriteString(line + end)
		}
	}
	out.WriteString(end)
	out.Write(body)
	return out.Bytes()
}
