package fakeaws

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// maxDecoded bounds what a message holds.
const maxDecoded = 1 << 20

// messages encodes authorization messages. They are encrypted: only the World that made
// one can read it, and it stores none.
type messages struct {
	mu   Mutex
	aead cipher.AEAD // nil before the first message
}

func (w *World) messageCipher() cipher.AEAD {
	m := &w.state().messages
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.aead == nil {
		// A key of 32 bytes is always good, and so is the block cipher for GCM.
		block, _ := aes.NewCipher([]byte(w.ids.Token(32)))
		m.aead, _ = cipher.NewGCM(block)
	}
	return m.aead
}

// EncodeAuthorizationMessage returns the encoded message about a denial, as EC2
// and some other services add it to their error, for
// sts:DecodeAuthorizationMessage.
func (w *World) EncodeAuthorizationMessage(d *enforce.Decision) string {
	text, _ := json.Marshal(newAuthorizationMessage(d)) // strings can always be marshaled
	var packed bytes.Buffer
	writer, _ := flate.NewWriter(&packed, flate.BestCompression) // the level is good
	_, _ = writer.Write(text)                                    // to memory
	_ = writer.Close()
	aead := w.messageCipher()
	nonce := []byte(w.ids.Token(aead.NonceSize()))
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, packed.Bytes(), nil))
}

// DecodeAuthorizationMessage returns what EncodeAuthorizationMessage of this World
// has encoded; false for anything else.
func (w *World) DecodeAuthorizationMessage(encoded string) (string, bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	aead := w.messageCipher()
	if err != nil || len(sealed) < aead.NonceSize() {
		return "", false
	}
	packed, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
	if err != nil {
		return "", false
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxDecoded))
	return string(text), err == nil
}

// An authorizationMessage is what sts:DecodeAuthorizationMessage answers, in the
// form of its API page's example.
type authorizationMessage struct {
	Allowed           bool                `json:"allowed"`
	ExplicitDeny      bool                `json:"explicitDeny"`
	MatchedStatements items[statementMsg] `json:"matchedStatements"`
	Failures          items[any]          `json:"failures"`
	Context           struct {
		Principal struct {
			ID   string `json:"id"`
			Name string `json:"name,omitempty"`
			ARN  string `json:"arn"`
		} `json:"principal"`
		Action     string              `json:"action"`
		Resource   string              `json:"resource"`
		Conditions items[conditionMsg] `json:"conditions"`
	} `json:"context"`
}

// items is how the message has lists.
type items[T any] struct {
	Items []T `json:"items"`
}

type valueMsg struct {
	Value string `json:"value"`
}

type conditionMsg struct {
	Key    string          `json:"key"`
	Values items[valueMsg] `json:"values"`
}

type statementMsg struct {
	StatementID string          `json:"statementId"`
	Effect      string          `json:"effect"`
	Principals  items[valueMsg] `json:"principals"`
	Groups      items[valueMsg] `json:"principalGroups"`
	Actions     items[valueMsg] `json:"actions"`
	Resources   items[valueMsg] `json:"resources"`
	Conditions  items[any]      `json:"conditions"`
}

func newAuthorizationMessage(d *enforce.Decision) *authorizationMessage {
	p := &d.Request.Principal
	m := &authorizationMessage{Allowed: d.Allowed(), ExplicitDeny: d.Verdict == enforce.ExplicitDeny}
	m.MatchedStatements.Items = []statementMsg{}
	m.Failures.Items = []any{}
	if s := d.Statement; s != nil {
		m.MatchedStatements.Items = append(m.MatchedStatements.Items, newStatementMsg(p, s))
	}
	m.Context.Principal.ID, m.Context.Principal.Name, m.Context.Principal.ARN = p.UserID, p.UserName, p.ARN
	m.Context.Action, m.Context.Resource = d.Request.Action, d.Request.Resource
	m.Context.Conditions.Items = []conditionMsg{}
	for key, values := range d.Request.Context.All() {
		m.Context.Conditions.Items = append(m.Context.Conditions.Items, conditionMsg{key, valuesMsg(values)})
	}
	return m
}

func newStatementMsg(p *enforce.Principal, s *enforce.Statement) statementMsg {
	elements := s.Elements()
	return statementMsg{
		StatementID: s.Sid(), Effect: strings.ToUpper(s.Effect()),
		Principals: valuesMsg([]string{p.UserID}), Groups: valuesMsg(nil),
		Actions: valuesOf(elements.Action, elements.NotAction), Resources: valuesOf(elements.Resource, elements.NotResource),
		Conditions: items[any]{Items: []any{}},
	}
}

// valuesOf are the strings of elements of which a statement has one.
func valuesOf(elements ...[]enforce.Text) items[valueMsg] {
	list := items[valueMsg]{Items: []valueMsg{}}
	for _, v := range slices.Concat(elements...) {
		list.Items = append(list.Items, valueMsg{v.Value})
	}
	return list
}

func valuesMsg(values []string) items[valueMsg] {
	list := items[valueMsg]{Items: []valueMsg{}}
	for _, v := range values {
		list.Items = append(list.Items, valueMsg{v})
	}
	return list
}
