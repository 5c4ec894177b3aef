package sigv4

import (
	"strings"
	"time"
)

// A PostForm is a form upload to Amazon S3 ("POST Object"), up to the file: S3
// ignores the fields behind it.
type PostForm struct {
	// Bucket is the one that the form was posted to.
	Bucket string
	// Fields are the fields in order, with their values as S3 takes them:
	// ${filename} in the key is already replaced.
	Fields []PostField
}

// A PostField is one field of a form. Names are not case-sensitive.
type PostField struct{ Name, Value string }

// value returns the first field of a name that is in lower case.
func (f *PostForm) value(name string) (value string, ok bool) {
	for i := range f.Fields {
		if strings.EqualFold(f.Fields[i].Name, name) {
			return f.Fields[i].Value, true
		}
	}
	return "", false
}

// maxPostFields is how long the fields of a form may be: "The form data and
// boundaries (excluding the contents of the file) cannot exceed 20 KB".
const maxPostFields = 20 << 10

func (f *PostForm) length() int {
	n := 0
	for i := range f.Fields {
		n += len(f.Fields[i].Name) + len(f.Fields[i].Value)
	}
	return n
}

// ParsePost finds the signature of a form upload, which is one of its policy:
// "Browser-Based Uploads Using POST" in the Amazon S3 API Reference. It returns
// nil and no error for an anonymous form. Errors are of type [*Error].
//
// What it returns goes the way of every Signature: look the access key up,
// [Signature.CheckToken], [Verifier.Verify], which for a form also judges the
// policy's expiration and conditions (the request that Verify is given is not
// looked at), and once the size of the file is known, [Signature.CheckLength].
func ParsePost(form *PostForm) (*Signature, error) {
	if form.length() > maxPostFields {
		return nil, both(TooManyFields, "Your POST request fields preceding the upload file were too large.")
	}
	policy, hasPolicy := form.value("policy")
	name, hasAlgorithm := form.value("x-amz-algorithm")
	_, version2 := form.value("awsaccesskeyid")
	if !hasAlgorithm {
		if version2 || hasPolicy {
			// What S3 says of a form that lacks both names Signature Version 2's field.
			return parsePost2(form, policy)
		}
		return nil, nil
	}
	if !hasPolicy || policy == "" {
		return nil, missingPostField("policy")
	}
	s := &Signature{post: form, policy: policy, algorithm: algorithm}
	switch name {
	case algorithm:
	case algorithmECDSA:
		// Unverified: whether S3 takes a policy that is signed asymmetrically.
		return nil, unsupportedAlgorithm(algorithmECDSA + " in a form")
	default:
		return nil, unknownAlgorithm()
	}
	if err := s.readPost(); err != nil {
		return nil, err
	}
	if !s.s3() {
		return nil, s.WrongService("s3")
	}
	return s, nil
}

// readPost reads who signed a form, and when, of its fields.
func (s *Signature) readPost() error {
	var credential, date string
	for _, f := range [...]struct {
		name string
		to   *string
	}{
		{"X-Amz-Credential", &credential},
		{"X-Amz-Date", &date},
		{"X-Amz-Signature", &s.Signature},
	} {
		if *f.to, _ = s.post.value(f.name); *f.to == "" {
			return missingPostField(f.name)
		}
	}
	s.SessionToken, _ = s.post.value("x-amz-security-token")
	t, ok := parseStamp(date)
	if !ok {
		return s.badDate(date)
	}
	s.Time, s.stamp = t, date
	return s.setScope(credential)
}

// Version returns the algorithm of the signature: what S3's condition key
// s3:signatureversion has.
func (s *Signature) Version() string { return s.algorithm }

// AuthType returns where the signature was: what S3's condition key s3:authType
// has.
func (s *Signature) AuthType() string {
	switch {
	case s.Posted():
		return "POST"
	case s.Presigned:
		return "REST-QUERY-STRING"
	}
	return "REST-HEADER"
}

// Posted reports whether this is the signature of a form.
func (s *Signature) Posted() bool { return s.post != nil }

// verifyPost compares the signature with the one of the policy, as it was sent,
// in base64; then it judges the form by the policy.
func (v *Verifier) verifyPost(s *Signature, secret string, now time.Time) error {
	if !v.signsPolicy(s, secret) {
		return s.mismatch(s.Signature, "", s.policy, s.otherSecret())
	}
	policy, err := parsePostPolicy(s.policy)
	if err != nil {
		return err
	}
	policy.version2 = s.Version2()
	if err := policy.check(s.post, now); err != nil {
		return err
	}
	s.sizes = policy.sizes
	return nil
}

// signsPolicy compares the signature of a form with that of its policy.
func (v *Verifier) signsPolicy(s *Signature, secret string) bool {
	if s.Version2() {
		return s.signs2(secret, s.policy)
	}
	key := v.key(secret, s)
	c := scratches.Get().(*scratch)
	defer c.release()
	c.start()
	c.toSign = append(c.toSign, s.policy...)
	return c.signedBy(key, s.Signature)
}

// CheckLength judges the size of the file by the policy of a verified form.
func (s *Signature) CheckLength(n int64) error {
	for _, r := range s.sizes {
		switch {
		case n > r.max:
			return entityTooLarge(n, r.max)
		case n < r.min:
			return entityTooSmall(n, r.min)
		}
	}
	return nil
}

// MaxLength returns the size of the largest file that the policy of a verified
// form allows, so that an upload can be cut off there; -1 without a limit.
func (s *Signature) MaxLength() int64 {
	limit := int64(-1)
	for _, r := range s.sizes {
		if limit < 0 || r.max < limit {
			limit = r.max
		}
	}
	return limit
}
