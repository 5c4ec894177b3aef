package sns

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A writer writes the documents that SNS sends: JSON with one member a line and spaces
// around colons.
type writer struct {
	b strings.Builder
}

// member writes a member with a string.
func (w *writer) member(name, value string) {
	if w.b.Len() == 0 {
		w.b.WriteString("{\n  ")
	} else {
		w.b.WriteString(",\n  ")
	}
	w.b.WriteString(`"` + name + `" : `)
	w.b.WriteString(quoted(value))
}

// quoted is a string in JSON. What HTML has a meaning for stays as it is.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a form
	return strings.TrimSuffix(b.String(), "\n")
}

// document is a notification as endpoints get it that do not take the message itself. That
// of a FIFO topic has a sequence number and, which is unverified, no signature.
func (s *Fake) document(d *delivery) string {
	p, text := d.publication, d.text()
	var w writer
	w.b.Grow(1500 + len(text))
	w.member("Type", "Notification")
	w.member("MessageId", p.ID)
	if p.fifo {
		w.member("SequenceNumber", p.SequenceNumber)
	}
	w.member("TopicArn", p.TopicARN)
	if p.Subject != "" {
		w.member("Subject", p.Subject)
	}
	w.member("Message", text)
	w.member("Timestamp", timestamp(p.Published))
	if !p.fifo {
		w.member("SignatureVersion", p.version)
		w.member("Signature", p.signature(text, func() string { return signedNotification(p, text) }))
		w.member("SigningCertURL", certificateURL(d.region))
	}
	w.member("UnsubscribeURL", endpointOf(d.region)+"/?Action=Unsubscribe&SubscriptionArn="+d.subscription)
	w.attributes(d)
	w.b.WriteString("\n}")
	return w.b.String()
}

// attributes writes the attributes of the message, in order of name.
func (w *writer) attributes(d *delivery) {
	attributes := d.publication.Attributes
	if len(attributes) == 0 {
		return
	}
	w.b.WriteString(",\n  \"MessageAttributes\" : {")
	for i, name := range slices.Sorted(maps.Keys(attributes)) {
		v := attributes[name]
		value := aws.ToString(v.StringValue)
		if baseType(&v) == typeBinary {
			value = base64.StdEncoding.EncodeToString(v.BinaryValue)
		}
		if i > 0 {
			w.b.WriteString(",")
		}
		w.b.WriteString("\n    " + quoted(name) + ` : {"Type":` + quoted(*v.DataType) + `,"Value":` + quoted(value) + "}")
	}
	w.b.WriteString("\n  }")
}

// confirmationDocument asks an endpoint to confirm its subscription.
func (s *Fake) confirmationDocument(d *delivery) string {
	p := d.publication
	text := "You have chosen to subscribe to the topic " + d.topic + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."
	link := endpointOf(d.region) + "/?Action=ConfirmSubscription&TopicArn=" + d.topic + "&Token=" + d.confirmation
	var w writer
	w.member("Type", "SubscriptionConfirmation")
	w.member("MessageId", p.ID)
	w.member("Token", d.confirmation)
	w.member("TopicArn", d.topic)
	w.member("Message", text)
	w.member("SubscribeURL", link)
	w.member("Timestamp", timestamp(p.Published))
	w.member("SignatureVersion", p.version)
	w.member("Signature", p.signature(text, func() string {
		return lines("Message", text, "MessageId", p.ID, "SubscribeURL", link, "Timestamp", timestamp(p.Published),
			"Token", d.confirmation, "TopicArn", d.topic, "Type", "SubscriptionConfirmation")
	}))
	w.member("SigningCertURL", certificateURL(d.region))
	w.b.WriteString("\n}")
	return w.b.String()
}

func endpointOf(region string) string { return "https://sns." + region + ".amazonaws.com" }
