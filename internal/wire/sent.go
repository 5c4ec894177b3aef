package wire

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Sent reports whether a request gives a top-level member of an operation's
// input, by the name on the wire. The SDK's types cannot tell a number that was
// sent as zero from one that was not sent, and to SQS they are not the same.
// It reads the body once more, so it is for the rare case.
func (r *Request) Sent(p Protocol, member string) bool {
	switch p {
	case AWSQuery, AWSQueryJSON:
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
	case RESTXML, RESTJSON:
		_, ok := r.param(member)
		return ok || r.Header[http.CanonicalHeaderKey(member)] != nil
	}
	return false
}

// EntrySent reports whether one entry of a list of the input gives a member, as
// Sent does of the input itself. The entry is counted from 0.
func (o *Operation) EntrySent(p Protocol, r *Request, list string, entry int, member string) bool {
	switch p {
	case AWSQuery, AWSQueryJSON:
		return o.formEntrySent(r, list, entry, member)
	case AWSJSON10, AWSJSON11:
		found := false
		rd := jsonReader{data: r.Body}
		if rd.peek() != '{' {
			return false
		}
		err := rd.each('}', func(key []byte) error {
			if string(key) != list || rd.peek() != '[' {
				return rd.skip()
			}
			at := -1
			return rd.each(']', func([]byte) error {
				if at++; at != entry || rd.peek() != '{' {
					return rd.skip()
				}
				return rd.each('}', func(key []byte) error {
					found = found || string(key) == member
					return rd.skip()
				})
			})
		})
		return err == nil && found
	}
	return false
}

// formEntrySent looks for the member among the parameters Name.1.Member of a list,
// whose numbers may have gaps.
func (o *Operation) formEntrySent(r *Request, list string, entry int, member string) bool {
	prefix := list + "."
	for _, m := range o.service.shapes[o.operation.In].Members {
		if m.Name == list && m.XMLName != "" {
			prefix = m.XMLName + "."
		}
	}
	ps, err := appendForm(nil, r.RawQuery)
	if err == nil && r.Method == http.MethodPost {
		ps, err = appendForm(ps, r.formText())
	}
	if err != nil {
		return false
	}
	members := map[uint64]bool{} // whether the entry of the number has the member
	for _, p := range ps {
		rest, ok := strings.CutPrefix(p.name, prefix)
		index, name, _ := strings.Cut(rest, ".")
		n, err := strconv.ParseUint(index, 10, 32)
		if ok && err == nil {
			members[n] = members[n] || name == member
		}
	}
	numbers := slices.Sorted(maps.Keys(members))
	return entry < len(numbers) && members[numbers[entry]]
}
