package ses

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// composed are the headers that a message has of other members of its call, or that only SES
// sets. A header of the call may be none of them: they are among those that "can't appear more
// than once" ("Amazon SES header fields"). The error of AWS is unverified.
var composed = []string{"From", "To", "Cc", "Bcc", "Subject", "Return-Path", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}

// takeHeaders reads the headers that a call gives to its message. The address of Sender must be
// the caller's to use, as that of a raw message.
func (m *sending) takeHeaders(replyTo []string, headers []types.MessageHeader) error {
	for _, h := range headers {
		name, value := headerName(aws.ToString(h.Name)), aws.ToString(h.Value)
		switch {
		case slices.Contains(composed, name), name == "Reply-To" && len(replyTo) > 0:
			return invalid(m.call, textDuplicate, name)
		case strings.HasPrefix(name, "X-Ses-"):
			return notImplemented("the header " + name + " of a message that SES composes")
		case name == "Sender":
			x, err := newSender(m.call, value, m.from.arn)
			if err != nil {
				return err
			}
			m.others = append(m.others, x)
		}
	}
	return nil
}
