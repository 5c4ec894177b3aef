package ses

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxMessage is how long a message may be in version 1, and maxMessageV2 in version 2, with
// its attachments ("Service quotas in Amazon SES").
const (
	maxMessage   = 10 << 20
	maxMessageV2 = 40 << 20
)

// maxAttachments is how many attachments the messages of a call have together. AWS bounds the
// size of a message alone; that it bounds their number, and how, is unverified.
const maxAttachments = 500

func checkAttachments(call *fakeaws.Call, attachments []types.Attachment, messages int) error {
	if len(attachments)*messages > maxAttachments {
		return invalid(call, "The messages have more than %d attachments", maxAttachments)
	}
	return nil
}

// An outgoing is a message before it is put into its form: its parts, or a raw one.
type outgoing struct {
	from                string
	to, cc, replyTo     []string
	subject, text, html *string
	headers             []types.MessageHeader
	attachments         []types.Attachment
	raw                 []byte
	// template is what the parts are made of, with data.
	template *content
	data     string
	date     bool
}

// message is the message as it goes over the wire. The failure is of a template that cannot be
// rendered.
func (o *outgoing) message(s *Fake, letter *Mail) (raw []byte, failure error) {
	if o.raw != nil {
		return o.raw, nil
	}
	if o.template != nil {
		c, err := o.template.render(o.data)
		if err != nil {
			return nil, err
		}
		o.subject, o.text, o.html = c.subject, c.text, c.html
	}
	letter.Text, letter.HTML = aws.ToString(o.text), aws.ToString(o.html)
	return s.compose(o)
}

// A header is one line before the body.
type header struct{ name, value string }

// compose puts a message into its form: the parts are alternatives, and attachments beside
// them.
func (s *Fake) compose(o *outgoing) ([]byte, error) {
	headers := []header{}
	add := func(name, value string) {
		if value != "" {
			headers = append(headers, header{name, oneLine(value)})
		}
	}
	if o.date {
		add("Date", s.now().Format(time.RFC1123Z))
	}
	add("From", o.from)
	add("Reply-To", addressList(o.replyTo))
	add("To", addressList(o.to))
	add("Cc", addressList(o.cc))
	add("Subject", mime.QEncoding.Encode("utf-8", aws.ToString(o.subject)))
	for _, h := range o.headers {
		add(aws.ToString(h.Name), aws.ToString(h.Value))
	}
	add("MIME-Version", "1.0")
	var body bytes.Buffer
	kind, err := s.parts(o, &body)
	if err != nil {
		return nil, err
	}
	add("Content-Type", kind)
	var b bytes.Buffer
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.name, h.value)
	}
	b.WriteString("\r\n")
	b.Write(body.Bytes())
	return b.Bytes(), nil
}

// oneLine is a value without what would end its line.
func oneLine(value string) string { return lineBreaks.Replace(value) }

var lineBreaks = strings.NewReplacer("\r", "", "\n", " ")

// parts writes the body, and returns its type.
func (s *Fake) parts(o *outgoing, b *bytes.Buffer) (string, error) {
	if len(o.attachments) == 0 {
		return s.alternatives(o, b)
	}
	w := s.multipart(b)
	var inner bytes.Buffer
	kind, err := s.alternatives(o, &inner)
	if err != nil {
		return "", err
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {kind}})
	if err != nil {
		return "", err
	}
	if _, err := part.Write(inner.Bytes()); err != nil {
		return "", err
	}
	for i := range o.attachments {
		if err := attach(w, &o.attachments[i]); err != nil {
			return "", err
		}
	}
	return "multipart/mixed; boundary=\"" + w.Boundary() + "\"", w.Close()
}

// attach writes an attachment.
func attach(w *multipart.Writer, a *types.Attachment) error {
	name := oneLine(aws.ToString(a.FileName))
	kind := oneLine(aws.ToString(a.ContentType))
	if kind == "" {
		kind = "application/octet-stream"
	}
	disposition := "attachment"
	if a.ContentDisposition == types.AttachmentContentDispositionInline {
		disposition = "inline"
	}
	h := textproto.MIMEHeader{
		"Content-Type": {kind}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType(disposition, map[string]string{"filename": name})},
	}
	if id := oneLine(aws.ToString(a.ContentId)); id != "" {
		h.Set("Content-ID", "<"+id+">")
	}
	if text := oneLine(aws.ToString(a.ContentDescription)); text != "" {
		h.Set("Content-Description", text)
	}
	part, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	encoded := base64.StdEncoding.EncodeToString(a.RawContent)
	for len(encoded) > 76 {
		fmt.Fprintf(part, "%s\r\n", encoded[:76])
		encoded = encoded[76:]
	}
	fmt.Fprintf(part, "%s\r\n", encoded)
	return nil
}

// multipart begins a body of several parts.
func (s *Fake) multipart(b *bytes.Buffer) *multipart.Writer {
	w := multipart.NewWriter(b)
	if err := w.SetBoundary("----=_Part_" + s.world.IDs().UUID()); err != nil {
		panic("ses: " + err.Error()) // it has letters that boundaries may have
	}
	return w
}

// alternatives writes the text and the HTML.
func (s *Fake) alternatives(o *outgoing, b *bytes.Buffer) (string, error) {
	w := s.multipart(b)
	for _, part := range []struct {
		kind string
		text *string
	}{{"text/plain; charset=UTF-8", o.text}, {"text/html; charset=UTF-8", o.html}} {
		if part.text == nil {
			continue
		}
		to, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}, "Content-Transfer-Encoding": {"quoted-printable"}})
		if err != nil {
			return "", err
		}
		q := quotedprintable.NewWriter(to)
		if _, err := q.Write([]byte(*part.text)); err != nil {
			return "", err
		}
		if err := q.Close(); err != nil {
			return "", err
		}
	}
	return "multipart/alternative; boundary=\"" + w.Boundary() + "\"", w.Close()
}
