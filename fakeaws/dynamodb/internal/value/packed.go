package value

import "encoding/binary"

// A Packed is an item in one piece of memory: its attributes in the order of their names. Two
// items are equal if these are.
type Packed string

// Pack makes an item of its attributes.
func (m Map) Pack() Packed { return Packed(m.pack(nil)) }

func (m Map) pack(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(m)))
	for _, name := range m.Names() {
		b = m[name].pack(packText(b, name))
	}
	return b
}

func packText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func (v Value) pack(b []byte) []byte {
	b = append(b, byte(v.kind))
	switch v.kind {
	case S, N, B:
		return packText(b, v.text)
	case Bool:
		if v.is {
			return append(b, 1)
		}
		return append(b, 0)
	case M:
		return v.m.pack(b)
	case L, SS, NS, BS:
		b = binary.AppendUvarint(b, uint64(len(v.list)))
		for _, e := range v.list {
			b = e.pack(b)
		}
	}
	return b
}

// Map are the attributes of an item. Their texts are parts of it.
func (p Packed) Map() Map {
	u := unpacker(p)
	return u.mapping()
}

// An unpacker is what is left of an item to be read.
type unpacker string

func (u *unpacker) count() int {
	n, shift := 0, 0
	for i := 0; ; i++ {
		c := (*u)[i]
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			*u = (*u)[i+1:]
			return n
		}
		shift += 7
	}
}

func (u *unpacker) text() string {
	n := u.count()
	text := string((*u)[:n])
	*u = (*u)[n:]
	return text
}

func (u *unpacker) mapping() Map {
	n := u.count()
	m := make(Map, n)
	for range n {
		name := u.text()
		m[name] = u.value()
	}
	return m
}

func (u *unpacker) value() Value {
	v := Value{kind: Kind((*u)[0])}
	*u = (*u)[1:]
	switch v.kind {
	case S, N, B:
		v.text = u.text()
	case Bool:
		v.is = (*u)[0] == 1
		*u = (*u)[1:]
	case M:
		v.m = u.mapping()
	case L, SS, NS, BS:
		v.list = make([]Value, u.count())
		for i := range v.list {
			v.list[i] = u.value()
		}
	}
	return v
}
