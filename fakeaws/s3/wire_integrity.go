package s3

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	sums "github.com/leastpriv/leastpriv/internal/checksum"
)

// verified are the operations of S3 whose document must come with a digest of it
// (API Reference: "Content-MD5 … required"). That S3 takes the others without one
// is unverified.
var verified = []string{
	"DeleteObjects", "PutBucketLifecycleConfiguration", "PutBucketReplication",
	"PutObjectLegalHold", "PutObjectLockConfiguration", "PutObjectRetention",
}

// checkDigests compares the document of an S3 request with the digests in its
// headers.
func checkDigests(operation string, header http.Header, body []byte) error {
	found, err := checkContentMD5(header, body)
	if err != nil {
		return err
	}
	if operation == "CompleteMultipartUpload" {
		return nil // its checksums are those of the object
	}
	algorithm, values, err := checksumSent(header)
	if err != nil {
		return err
	}
	if algorithm != "" {
		h := sums.New(algorithm)
		found = true
		want, err := base64.StdEncoding.DecodeString(values[0])
		if err != nil || len(want) != h.Size() {
			return &fakeaws.Error{Code: "InvalidRequest", Status: http.StatusBadRequest, Message: "Value for " + sums.Header(algorithm) + " header is invalid."}
		}
		h.Write(body)
		if !bytes.Equal(h.Sum(nil), want) {
			return &fakeaws.Error{Code: "BadDigest", Status: http.StatusBadRequest, Message: "The " + algorithm + " you specified did not match the calculated checksum."}
		}
	}
	if !found && slices.Contains(verified, operation) {
		return &fakeaws.Error{Code: "InvalidRequest", Status: http.StatusBadRequest, Message: "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"}
	}
	return nil
}

// checksumSent finds the one checksum in the headers. Algorithms that nobody knows are left to
// the operation, which refuses them by name if it has them.
func checksumSent(header http.Header) (algorithm string, values []string, err error) {
	for name, sent := range header {
		if !strings.HasPrefix(name, "X-Amz-Checksum-") {
			continue
		}
		a := sums.OfHeader(strings.ToLower(name))
		if a == "" || sums.New(a) == nil {
			continue
		}
		if algorithm != "" {
			return "", nil, errInvalidRequest.withText(textManyChecksums)
		}
		algorithm, values = a, sent
	}
	return algorithm, values, nil
}

func checkContentMD5(header http.Header, body []byte) (found bool, err error) {
	sent := header.Get("Content-MD5")
	if sent == "" {
		return false, nil
	}
	want, err := base64.StdEncoding.DecodeString(sent)
	if err != nil || len(want) != md5.Size {
		return true, &fakeaws.Error{Code: "InvalidDigest", Status: http.StatusBadRequest, Message: "The Content-MD5 you specified was invalid.",
			Fields: []fakeaws.Field{{Name: "Content-MD5", Value: sent}}}
	}
	got := md5.Sum(body)
	if !bytes.Equal(got[:], want) {
		return true, &fakeaws.Error{Code: "BadDigest", Status: http.StatusBadRequest, Message: "The Content-MD5 you specified did not match what we received.",
			Fields: []fakeaws.Field{{Name: "ExpectedDigest", Value: hex.EncodeToString(want)}, {Name: "CalculatedDigest", Value: base64.StdEncoding.EncodeToString(got[:])}}}
	}
	return true, nil
}
