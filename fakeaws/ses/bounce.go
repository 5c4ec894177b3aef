package ses

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// bounce tells who sent a mail that it is not taken, as an address of the account.
func (s *Fake) bounce(m *receipt, as fakeaws.ServiceCall, a *types.BounceAction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := place{as.SourceAccount, as.Region}
	from, ok := parseAddress(aws.ToString(a.Sender))
	if !ok || !s.isVerified(of, from.Address) {
		return fmt.Errorf("ses: the sender %s of the bounce is not verified", aws.ToString(a.Sender))
	}
	now := s.now()
	s.in(of).keep(&Mail{
		MessageID: messageID(s.world, now), Account: of.account, Region: of.region, Operation: "BounceAction", Sent: now, Source: *a.Sender,
		Subject: "Delivery Status Notification (Failure)", Text: aws.ToString(a.Message), Recipients: []string{m.From},
	})
	return nil
}

// sendBounce sends a bounce for a mail that was received within a day. It goes back to who sent
// that, wherever the account is ("SendBounce").
func (s *Fake) sendBounce(call *fakeaws.Call, in *awsses.SendBounceInput) (*fakeaws.Plan[*awsses.SendBounceOutput], error) {
	if len(in.BouncedRecipientInfoList) == 0 || len(in.BouncedRecipientInfoList) > maxRecipients {
		return nil, invalid(call, textRecipients)
	}
	from, err := newSender(call, aws.ToString(in.BounceSender), aws.ToString(in.BounceSenderArn))
	if err != nil {
		return nil, err
	}
	m := &sending{call: call, actions: []string{call.Operation}, from: from}
	for i := range in.BouncedRecipientInfoList {
		b := &in.BouncedRecipientInfoList[i]
		if b.RecipientArn == nil {
			continue
		}
		x, err := newSender(call, aws.ToString(b.Recipient), *b.RecipientArn)
		if err != nil {
			return nil, err
		}
		m.others = append(m.others, x)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &fakeaws.Plan[*awsses.SendBounceOutput]{Needs: m.needs(s), Do: func() (*awsses.SendBounceOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := m.ready(s); err != nil {
			return nil, err
		}
		r := s.in(placeOf(call))
		i := slices.IndexFunc(r.received, func(x *Receipt) bool { return x.MessageID == aws.ToString(in.OriginalMessageId) })
		if i < 0 {
			return nil, rejected(call, textBounce, aws.ToString(in.OriginalMessageId))
		}
		now := s.now()
		letter := &Mail{
			MessageID: messageID(s.world, now), Account: call.Account, Region: call.Region, Operation: call.Operation, Sent: now, Source: from.text, SourceARN: from.sourceARN(),
			Subject: "Delivery Status Notification (Failure)", Text: aws.ToString(in.Explanation), Recipients: []string{r.received[i].from},
		}
		r.keep(letter)
		return &awsses.SendBounceOutput{MessageId: &letter.MessageID}, nil
	}}, nil
}
