package ses

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
)

// A Header is one of a message.
type Header struct{ Name, Value string }

// A Mail is a message that SES has sent, as Go code sees it.
type Mail struct {
	MessageID, Account, Region string
	// Operation is the one that sent it: "SendEmail".
	Operation string
	// Source is the sender as the call has it, and SourceARN the identity of it.
	Source, SourceARN, ReturnPath string
	// Recipients are the addresses that it went to, with those of Bcc.
	Recipients             []string
	From, To, Cc, ReplyTo  []string // as the headers have them
	Subject, Text, HTML    string
	Headers                []Header
	Raw                    []byte
	ConfigurationSet       string
	Template, TemplateData string
	Tags                   map[string]string
	Sent                   time.Time
	// Bounced are the recipients that the mail did not reach: on the suppression list, or of
	// the mailbox simulator.
	Bounced []string
}

// maxKept is how many mails of an account in a region are kept for Go code to look at.
const maxKept = 1000

// maxKeptBytes is how much of messages is kept for Go code: of older ones the texts are dropped
// where there is more.
const maxKeptBytes = 64 << 20

func (m *Mail) size() int { return len(m.Raw) + len(m.Text) + len(m.HTML) }

// keep remembers a mail. The lock is held.
func (r *region) keep(m *Mail) {
	r.sent = recent.Add(r.sent, m, maxKept)
	r.kept += m.size()
	if r.kept <= maxKeptBytes {
		return
	}
	r.kept = 0
	for i := len(r.sent) - 1; i >= 0; i-- {
		if r.kept += r.sent[i].size(); r.kept > maxKeptBytes && i < len(r.sent)-1 {
			r.kept -= r.sent[i].size()
			r.sent[i].Raw, r.sent[i].Text, r.sent[i].HTML = nil, "", ""
		}
	}
}

// maxRead is how much of a message's body is read for its texts.
const maxRead = 1 << 20

// read fills in what the raw message has.
func (m *Mail) read() {
	m.Headers = headersOf(m.Raw)
	raw, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return // SES takes messages without headers, when the call has the addresses
	}
	m.From, m.To, m.Cc, m.ReplyTo = headerAddresses(raw.Header, "From"), headerAddresses(raw.Header, "To"), headerAddresses(raw.Header, "Cc"), headerAddresses(raw.Header, "Reply-To")
	m.Subject = decoded(raw.Header.Get("Subject"))
	if m.Text == "" && m.HTML == "" {
		m.readPart(raw.Header.Get("Content-Type"), raw.Header.Get("Content-Transfer-Encoding"), raw.Body, 0)
	}
}

// decoded is a header's text.
func decoded(text string) string {
	if plain, err := new(mime.WordDecoder).DecodeHeader(text); err == nil {
		return plain
	}
	return text
}

// maxParts is how deep parts may be within parts to be read.
const maxParts = 5

// readPart takes the first text and the first HTML of a body.
func (m *Mail) readPart(contentType, encoding string, body io.Reader, depth int) {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	body = io.LimitReader(body, maxRead)
	if strings.HasPrefix(kind, "multipart/") {
		if parts := multipart.NewReader(body, parameters["boundary"]); depth < maxParts && parameters["boundary"] != "" {
			for part, err := parts.NextRawPart(); err == nil; part, err = parts.NextRawPart() {
				m.readPart(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, depth+1)
			}
		}
		return
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, _ := io.ReadAll(body) // what is broken is read as far as it goes
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = string(text)
	case kind == "text/html" && m.HTML == "":
		m.HTML = string(text)
	}
}

// headersOf are the headers of a message in their order, each in one line.
func headersOf(raw []byte) (all []Header) {
	for text := range bytes.Lines(raw) {
		line := strings.TrimRight(string(text[:min(len(text), maxHeaders)]), "\r\n")
		if line == "" {
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && len(all) > 0 {
			all[len(all)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			all = append(all, Header{name, strings.TrimSpace(value)})
		}
	}
	return all
}

func shown(list []*Mail) []Mail {
	list = recent.Of(list, maxKept)
	all := make([]Mail, len(list))
	for i, m := range list {
		all[i] = *m
		all[i].Raw = bytes.Clone(m.Raw)
		all[i].Recipients = slices.Clone(m.Recipients)
	}
	return all
}

// Sent returns the latest thousand mails that an account sent in a region, the first first.
func Sent(w *fakeaws.World, account, region string) []Mail {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	return shown(s.seen(place{account, region}).sent)
}

// Verifications returns the latest mails in which SES asked people to verify their addresses.
func Verifications(w *fakeaws.World, account, region string) []Mail {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	return shown(s.seen(place{account, region}).verifying)
}

// Verify has an identity be verified, as its owner does by a link in a mail, or by records of
// the domain. It is added to those of the account if it is not there.
func Verify(w *fakeaws.World, account, region, name string) {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in(place{account, region}).add(normal(name)).verified = true
}

// Verified reports whether an identity of an account is verified.
func Verified(w *fakeaws.World, account, region, name string) bool {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.seen(place{account, region}).identities[normal(name)]
	return x != nil && x.verified
}

// SetProduction moves an account out of the sandbox, or back.
func SetProduction(w *fakeaws.World, account, region string, production bool) {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in(place{account, region}).account.production = production
}

// Received returns what became of the latest mails that an account received in a region.
func Received(w *fakeaws.World, account, region string) []Receipt {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Receipt
	for _, m := range recent.Of(s.seen(place{account, region}).received, maxKept) {
		all = append(all, *m)
	}
	return all
}
