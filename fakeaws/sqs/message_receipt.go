package sqs

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
)

// A receipt names one receive of one message. Its handle is, like AWS's, base 64
// that begins with AQEB: three version bytes, the message's number, the count of
// its receives, the time of this one, and a digest that only the queue can make.
type receipt struct {
	number   uint64
	receives uint32
	received timestamp
}

const (
	receiptVersion = "\x01\x01\x01"
	receiptBody    = len(receiptVersion) + 8 + 4 + 8
	receiptTag     = 31 // of the digest: base 64 comes in threes
	receiptSize    = receiptBody + receiptTag
)

// handle returns the receipt handle of the message's last receive.
func (q *queue) handle(m *message) string {
	var b [receiptSize]byte
	copy(b[:], receiptVersion)
	binary.BigEndian.PutUint64(b[3:], m.number)
	binary.BigEndian.PutUint32(b[11:], m.receives)
	binary.BigEndian.PutUint64(b[15:], uint64(m.received))
	tag := q.authenticate(b[:receiptBody])
	copy(b[receiptBody:], tag[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// receipt reads a handle that this queue made.
func (q *queue) receipt(handle string) (receipt, bool) {
	var b [receiptSize]byte
	if len(handle) != base64.StdEncoding.EncodedLen(receiptSize) {
		return receipt{}, false
	}
	n, err := base64.StdEncoding.Strict().Decode(b[:], []byte(handle))
	if err != nil || n != receiptSize || string(b[:len(receiptVersion)]) != receiptVersion {
		return receipt{}, false
	}
	tag := q.authenticate(b[:receiptBody])
	if subtle.ConstantTimeCompare(tag[:receiptTag], b[receiptBody:]) == 0 {
		return receipt{}, false
	}
	return receipt{
		number:   binary.BigEndian.Uint64(b[3:]),
		receives: binary.BigEndian.Uint32(b[11:]),
		received: timestamp(binary.BigEndian.Uint64(b[15:])),
	}, true
}

func (q *queue) authenticate(body []byte) [sha256.Size]byte {
	b := make([]byte, 0, 64)
	b = append(b, q.secret...)
	return sha256.Sum256(append(b, body...))
}

// received finds the message of a receipt handle. A message that is gone is nil;
// current says whether the handle is that of the message's last receive.
func (q *queue) received(handle *string) (m *message, r receipt, current bool, err error) {
	if handle == nil || *handle == "" {
		return nil, receipt{}, false, missingParameter("ReceiptHandle")
	}
	r, ok := q.receipt(*handle)
	if !ok {
		return nil, receipt{}, false, receiptHandleIsInvalid(*handle)
	}
	m = q.messages.received[r.number]
	return m, r, m != nil && m.receives == r.receives, nil
}
