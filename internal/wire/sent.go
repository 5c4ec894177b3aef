package wire

// Sent reports whether a request gives a top-level member of an operation's
// input, by the name on the wire. The SDK's types cannot tell a number that was
// sent as zero from one that was not sent, and to SQS they are not the same.
// It reads the body once more, so it is for the rare case.
func (r *Request) Sent(p Protocol, member string) bool {
	switch p {
	case AWSQuery:
		_, ok := queryValue(r, member)
		return ok
	case AWSJSON10, AWSJSON11:
		found := false
		rd := jsonReader{data: r.Body}
		if rd.peek() != '{' {
			return false
		}
		err := rd.each('}', func(key []byte) error {
			found = found || string(key) == member
			return rd.skip()
		})
		return err == nil && found
	}
	return false
}
