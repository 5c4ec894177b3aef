package wire

import "strings"

// spellings are the names of headers that AWS writes otherwise than net/http, whose
// canonical form has a capital at the begin of each word and nowhere else.
var spellings = map[string]string{
	"Etag":           "ETag",
	requestIDHeader:  "x-amzn-RequestId",
	errorTypeHeader:  "x-amzn-ErrorType",
	queryErrorHeader: "x-amzn-query-error",
}

// Spelled returns the name of a header, which is in its canonical form, as AWS writes it.
// Names are not case-sensitive, but that of user metadata has the key of an object in it,
// and clients in other languages give the key to the program as the header has it.
func Spelled(name string) string {
	if strings.HasPrefix(name, "X-Amz-") {
		return strings.ToLower(name)
	}
	if own, ok := spellings[name]; ok {
		return own
	}
	return name
}
