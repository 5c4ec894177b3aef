package s3

import (
	"encoding/xml"
	"errors"
	"io"
	"mime"
	parts "mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A form is an upload to S3 by a browser's form: the API reference's "POST Object".
// It is performed as the PutObject that it stands for, with the fields as headers.
type form struct {
	bucket string
	fields []sigv4.PostField
	file   *parts.Part
}

const (
	// maxFormFields is how long all fields before the file may be, their names and values.
	maxFormFields = 20 << 10
	// maxFormParts is how many parts may come before the file, and maxFormHead how many
	// bytes of the body. S3's limits, and which error it answers, are unverified: parts
	// without a name and value cost something too, and so do their headers.
	maxFormParts = 1000
	maxFormHead  = 256 << 10
)

var errFormHead = &fakeaws.Error{Code: "MaxPostPreDataLengthExceededError", Message: "Your POST request fields preceding the upload file were too large.", Status: http.StatusBadRequest}

// A formBody is the body of a form: what comes before the file is bounded.
type formBody struct {
	io.Reader
	left int64
	file bool // the rest is the file, and what follows it
}

func (b *formBody) Read(p []byte) (int, error) {
	if b.file {
		return b.Reader.Read(p)
	}
	if b.left <= 0 {
		return 0, errFormHead
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// isForm reports whether a request to a bucket is such a form.
func isForm(x *fakeaws.Exchange) bool {
	if x.HTTP.Method != http.MethodPost || x.HTTP.URL.RawQuery != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(x.HTTP.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// answerForm takes a form through the pipeline.
func answerForm(x *fakeaws.Exchange) (*wire.Response, error) {
	x.Protocol = wire.RESTXML
	x.Operation = x.Model("PutObject")
	x.Call.Operation = x.Operation.Name()
	f, err := readForm(x)
	if err != nil {
		return nil, err
	}
	s, err := sigv4.ParsePost(&sigv4.PostForm{Bucket: f.bucket, Fields: f.fields})
	if err != nil {
		return nil, err
	}
	if x.Signature = s; s != nil && s.Region != "" {
		x.Call.Region = s.Region
	}
	if err := x.Authenticate(""); err != nil {
		return nil, err
	}
	key, _ := f.value("key")
	header, err := f.header()
	if err != nil {
		return nil, err
	}
	x.Request = wire.Request{
		Method: http.MethodPut, Bucket: f.bucket, Path: "/" + escapePath(key), Header: header,
		ContentLength: -1, Stream: newFormFile(f.file, s),
	}
	if r := requestOf(&x.Call); r != nil {
		r.form = true
		if e := header.Get("Expires"); printable(e) {
			r.expires = e
		}
	}
	resp, err := x.Perform()
	if err != nil {
		return nil, err
	}
	return f.respond(resp, x.Call.Endpoint, key)
}

// readForm reads a form up to its file.
func readForm(x *fakeaws.Exchange) (*form, error) {
	f := &form{bucket: bucketName(x)}
	malformed := &fakeaws.Error{Code: "MalformedPOSTRequest", Message: "The body of your POST request is not well-formed multipart/form-data.", Status: http.StatusBadRequest}
	_, kind, err := mime.ParseMediaType(x.HTTP.Header.Get("Content-Type"))
	if err != nil || kind["boundary"] == "" {
		return nil, malformed
	}
	body := &formBody{Reader: x.HTTP.Body, left: maxFormHead}
	reader := parts.NewReader(body, kind["boundary"])
	left := int64(maxFormFields)
	for f.file == nil {
		part, err := reader.NextPart()
		switch {
		case err != nil && body.left <= 0, len(f.fields) == maxFormParts && err == nil && !strings.EqualFold(part.FormName(), "file"):
			return nil, errFormHead
		case errors.Is(err, io.EOF):
			return nil, formArgument("POST requires exactly one file upload per request.", "file", "0")
		case err != nil:
			return nil, malformed
		case strings.EqualFold(part.FormName(), "file"):
			f.file, body.file = part, true
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		switch {
		case err != nil && body.left <= 0:
			return nil, errFormHead
		case err != nil:
			return nil, malformed
		}
		if left -= int64(len(value) + len(part.FormName())); left < 0 {
			return nil, errFormHead
		}
		f.fields = append(f.fields, sigv4.PostField{Name: part.FormName(), Value: string(value)})
	}
	key, ok := f.value("key")
	if !ok || key == "" {
		return nil, formArgument("Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.", "key", "")
	}
	// A file that was sent without a name leaves the variable as it is.
	for i := range f.fields {
		if strings.EqualFold(f.fields[i].Name, "key") && f.file.FileName() != "" {
			// Browsers send names, but some sent the path of the file.
			name := path.Base(strings.ReplaceAll(f.file.FileName(), `\`, "/"))
			f.fields[i].Value = strings.ReplaceAll(f.fields[i].Value, "${filename}", name)
		}
	}
	return f, nil
}

func formArgument(text, name, value string) error {
	return &fakeaws.Error{Code: "InvalidArgument", Message: text, Status: http.StatusBadRequest,
		Fields: []fakeaws.Field{{Name: "ArgumentName", Value: name}, {Name: "ArgumentValue", Value: value}}}
}

func (f *form) value(name string) (string, bool) {
	for _, field := range f.fields {
		if strings.EqualFold(field.Name, name) {
			return field.Value, true
		}
	}
	return "", false
}

// formHeaders are the fields that are headers of the object under the same name.
var formHeaders = map[string]bool{
	"Cache-Control": true, "Content-Type": true, "Content-Disposition": true, "Content-Encoding": true,
	"Content-Language": true, "Expires": true, "Content-Md5": true,
}

// formSignature are the fields that are not: they sign the form.
var formSignature = map[string]bool{
	"X-Amz-Algorithm": true, "X-Amz-Credential": true, "X-Amz-Date": true, "X-Amz-Signature": true, "X-Amz-Security-Token": true,
}

// header makes the headers of the PutObject that the form stands for.
func (f *form) header() (http.Header, error) {
	h := make(http.Header)
	for _, field := range f.fields {
		switch name := http.CanonicalHeaderKey(field.Name); {
		case name == "Acl":
			h.Set("X-Amz-Acl", field.Value)
		case name == "Tagging":
			tags, err := taggingHeader(field.Value)
			if err != nil {
				return nil, err
			}
			h.Set("X-Amz-Tagging", tags)
		case strings.HasPrefix(name, "X-Amz-Meta-"):
			// A field is UTF-8, where a header is not.
			h[name] = append(h[name], strings.ToValidUTF8(field.Value, "\uFFFD"))
		case formHeaders[name], strings.HasPrefix(name, "X-Amz-") && !formSignature[name]:
			h[name] = append(h[name], field.Value)
		}
	}
	return h, nil
}

// taggingHeader turns the tags of a form, which are a document, into those of a
// header.
func taggingHeader(document string) (string, error) {
	var doc struct {
		XMLName xml.Name `xml:"Tagging"`
		Tags    []struct {
			Key   string
			Value string
		} `xml:"TagSet>Tag"`
	}
	if err := xml.Unmarshal([]byte(document), &doc); err != nil {
		return "", &fakeaws.Error{Code: "MalformedXML", Message: "The XML you provided was not well-formed or did not validate against our published schema", Status: http.StatusBadRequest}
	}
	pairs := make([]string, len(doc.Tags))
	for i, t := range doc.Tags {
		pairs[i] = url.QueryEscape(t.Key) + "=" + url.QueryEscape(t.Value)
	}
	return strings.Join(pairs, "&"), nil
}

// A postResponse is the document that an answer with status 201 has.
type postResponse struct {
	XMLName                     xml.Name `xml:"PostResponse"`
	Location, Bucket, Key, ETag string
}

// escapePath escapes a key as the path of a request has it.
func escapePath(key string) string {
	parts := strings.Split(key, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// respond makes the answer that the form asks for.
func (f *form) respond(put *wire.Response, endpoint, key string) (*wire.Response, error) {
	etag := put.Header.Get("ETag")
	location := endpoint + "/" + f.bucket + "/" + escapePath(key)
	if strings.Contains(endpoint, "//"+f.bucket+".") {
		location = endpoint + "/" + escapePath(key)
	}
	put.Header.Set("Location", location)
	put.Status, put.Body = http.StatusNoContent, nil
	for _, name := range []string{"success_action_redirect", "redirect"} {
		to, ok := f.value(name)
		u, err := url.Parse(to)
		if !ok || err != nil || u.Host == "" {
			continue // S3 answers as if it were not there
		}
		query := u.Query()
		query.Set("bucket", f.bucket)
		query.Set("key", key)
		query.Set("etag", etag)
		u.RawQuery = query.Encode()
		put.Header.Set("Location", u.String())
		put.Status = http.StatusSeeOther
		return put, nil
	}
	switch status, _ := f.value("success_action_status"); status {
	case "200":
		put.Status = http.StatusOK
	case "201":
		put.Status = http.StatusCreated
		put.Header.Set("Content-Type", "application/xml")
		body, err := xml.Marshal(postResponse{Location: location, Bucket: f.bucket, Key: key, ETag: etag})
		if err != nil {
			return nil, err
		}
		put.Body = append([]byte(xml.Header), body...)
	}
	return put, nil
}

// A formFile is the file of a form. S3 ignores what follows it. The sizes that the
// policy allows are kept while it is read.
type formFile struct {
	part      *parts.Part
	signature *sigv4.Signature
	limit     int64 // -1: none
	read      int64
}

func newFormFile(part *parts.Part, s *sigv4.Signature) *formFile {
	f := &formFile{part: part, signature: s, limit: -1}
	if s != nil {
		f.limit = s.MaxLength()
	}
	return f
}

// Read implements io.Reader.
func (f *formFile) Read(b []byte) (int, error) {
	n, err := f.part.Read(b)
	f.read += int64(n)
	switch {
	case errors.Is(err, io.EOF) && f.signature != nil:
		if short := f.signature.CheckLength(f.read); short != nil {
			return n, short
		}
	case f.limit >= 0 && f.read > f.limit:
		return n, f.signature.CheckLength(f.read)
	}
	return n, err
}
