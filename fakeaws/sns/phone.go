package sns

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
)

func (s *Fake) phoneOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.getSMSAttributes),
		signed(s.setSMSAttributes),
		signed(s.checkIfPhoneNumberIsOptedOut),
		signed(s.listPhoneNumbersOptedOut),
		signed(s.optInPhoneNumber),
		signed(s.listOriginationNumbers),
	}
}

// phones are what an account has in a region for text messages, and what it published past
// topics. No message is ever sent.
type phones struct {
	attributes map[string]string
	optedOut   map[string]bool
	sandbox    map[string]*sandboxed
	production bool
	published  []*Message
}

// phonesOf returns those of the caller. The lock is held.
func (s *Fake) phonesOf(account, region string) *phones {
	at := place{account, region}
	p := s.phones[at]
	if p == nil {
		p = &phones{attributes: map[string]string{}, optedOut: map[string]bool{}, sandbox: map[string]*sandboxed{}}
		s.phones[at] = p
	}
	return p
}

// phoneAttributes are those of SetSMSAttributes, with the values that they may have.
var phoneAttributes = map[string]func(string) bool{
	"MonthlySpendLimit":                 between(0, 1<<30),
	"DeliveryStatusIAMRole":             isRoleOrNone,
	"DeliveryStatusSuccessSamplingRate": between(0, 100),
	"DefaultSenderID":                   isSenderID,
	"DefaultSMSType":                    func(v string) bool { return v == "Promotional" || v == "Transactional" },
	"UsageReportS3Bucket":               func(v string) bool { return len(v) <= maxNameSize },
}

// isSenderID: "1 - 11 alphanumeric characters, and it must contain at least one letter".
func isSenderID(v string) bool {
	if v == "" || len(v) > 11 {
		return false
	}
	for i := range len(v) {
		if !isAlphanumeric(v[i]) {
			return false
		}
	}
	_, err := strconv.ParseUint(v, 10, 64)
	return err != nil
}

// setSMSAttributes changes settings of text messages, all of the given ones or none.
func (s *Fake) setSMSAttributes(call *fakeaws.Call, in *awssns.SetSMSAttributesInput) (*fakeaws.Plan[*awssns.SetSMSAttributesOutput], error) {
	if in.Attributes == nil {
		return nil, required("Attributes")
	}
	return onAccount(s, call, "sns:SetSMSAttributes", func() (*awssns.SetSMSAttributesOutput, error) {
		for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
			check, ok := phoneAttributes[name]
			if !ok {
				return nil, invalidParameter(name[:min(len(name), maxNameSize)] + " is not a valid attribute")
			}
			if !check(in.Attributes[name]) {
				return nil, invalidParameter(name)
			}
		}
		maps.Copy(s.phonesOf(call.Account, call.Region).attributes, in.Attributes)
		return &awssns.SetSMSAttributesOutput{}, nil
	})
}

// getSMSAttributes returns the settings that the call names, or all that were set.
func (s *Fake) getSMSAttributes(call *fakeaws.Call, in *awssns.GetSMSAttributesInput) (*fakeaws.Plan[*awssns.GetSMSAttributesOutput], error) {
	return onAccount(s, call, "sns:GetSMSAttributes", func() (*awssns.GetSMSAttributesOutput, error) {
		all := s.phonesOf(call.Account, call.Region).attributes
		if len(in.Attributes) == 0 {
			return &awssns.GetSMSAttributesOutput{Attributes: maps.Clone(all)}, nil
		}
		some := map[string]string{}
		for _, name := range in.Attributes {
			if value, ok := all[name]; ok {
				some[name] = value
			}
		}
		return &awssns.GetSMSAttributesOutput{Attributes: some}, nil
	})
}

// checkPhone refuses what is no phone number.
func checkPhone(number *string) error {
	switch {
	case number == nil:
		return required("PhoneNumber")
	case !isPhone(*number):
		return invalidParameter("PhoneNumber Reason: " + (*number)[:min(len(*number), maxNameSize)] + " is not valid to publish")
	}
	return nil
}

// checkIfPhoneNumberIsOptedOut tells whether the owner of a phone wants no messages.
func (s *Fake) checkIfPhoneNumberIsOptedOut(call *fakeaws.Call, in *awssns.CheckIfPhoneNumberIsOptedOutInput) (*fakeaws.Plan[*awssns.CheckIfPhoneNumberIsOptedOutOutput], error) {
	if err := checkPhone(in.PhoneNumber); err != nil {
		return nil, err
	}
	return onAccount(s, call, "sns:CheckIfPhoneNumberIsOptedOut", func() (*awssns.CheckIfPhoneNumberIsOptedOutOutput, error) {
		return &awssns.CheckIfPhoneNumberIsOptedOutOutput{IsOptedOut: s.phonesOf(call.Account, call.Region).optedOut[*in.PhoneNumber]}, nil
	})
}

// listPhoneNumbersOptedOut lists the phones whose owners want no messages.
func (s *Fake) listPhoneNumbersOptedOut(call *fakeaws.Call, in *awssns.ListPhoneNumbersOptedOutInput) (*fakeaws.Plan[*awssns.ListPhoneNumbersOptedOutOutput], error) {
	return onAccount(s, call, "sns:ListPhoneNumbersOptedOut", func() (*awssns.ListPhoneNumbersOptedOutOutput, error) {
		numbers := slices.Collect(maps.Keys(s.phonesOf(call.Account, call.Region).optedOut))
		p, err := listed(numbers, in.NextToken, pageSize, func(number string) string { return number })
		if err != nil {
			return nil, err
		}
		return &awssns.ListPhoneNumbersOptedOutOutput{PhoneNumbers: p.Items, NextToken: p.Next}, nil
	})
}

// optInPhoneNumber has a phone get messages again. That AWS lets nobody do so twice in 30
// days is not enforced.
func (s *Fake) optInPhoneNumber(call *fakeaws.Call, in *awssns.OptInPhoneNumberInput) (*fakeaws.Plan[*awssns.OptInPhoneNumberOutput], error) {
	if err := checkPhone(in.PhoneNumber); err != nil {
		return nil, err
	}
	return onAccount(s, call, "sns:OptInPhoneNumber", func() (*awssns.OptInPhoneNumberOutput, error) {
		delete(s.phonesOf(call.Account, call.Region).optedOut, *in.PhoneNumber)
		return &awssns.OptInPhoneNumberOutput{}, nil
	})
}

// maxOriginations is the most numbers that a call lists (API reference,
// ListOriginationNumbers).
const maxOriginations = 30

// listOriginationNumbers lists the numbers that an account sends from, of which it has none:
// they are had from AWS End User Messaging.
func (s *Fake) listOriginationNumbers(call *fakeaws.Call, in *awssns.ListOriginationNumbersInput) (*fakeaws.Plan[*awssns.ListOriginationNumbersOutput], error) {
	return onAccount(s, call, "sns:ListOriginationNumbers", func() (*awssns.ListOriginationNumbersOutput, error) {
		if n := in.MaxResults; n != nil && (*n < 1 || *n > maxOriginations) {
			return nil, validation("MaxResults")
		}
		if _, err := listed(nil, in.NextToken, maxOriginations, func(s string) string { return s }); err != nil {
			return nil, err
		}
		return &awssns.ListOriginationNumbersOutput{PhoneNumbers: []types.PhoneNumberInformation{}}, nil
	})
}

func validation(what string) error {
	return &types.ValidationException{Message: aws.String("Invalid parameter: " + what)} // text unverified
}

// publishToPhone keeps a text message, for [PublishedDirectly]. The resource of the
// permission is the number.
func (s *Fake) publishToPhone(call *fakeaws.Call, in *awssns.PublishInput, message *entry) (*fakeaws.Plan[*awssns.PublishOutput], error) {
	if err := checkPhone(in.PhoneNumber); err != nil {
		return nil, err
	}
	if call.Account == "" {
		return nil, authorizationError(textNoAccount)
	}
	need := fakeaws.Need{Action: "sns:Publish", Resource: *in.PhoneNumber, ResourceAccount: call.Account}
	return &fakeaws.Plan[*awssns.PublishOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awssns.PublishOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.phonesOf(call.Account, call.Region).optedOut[*in.PhoneNumber] {
			return nil, &types.OptedOutException{Message: aws.String("Phone number is opted out")} // that Publish answers so is unverified
		}
		return s.publishDirectly(call, in, message)
	}}, nil
}

// publishDirectly checks and keeps a message that is for no topic: the ids of FIFO topics are
// not looked at. The lock is held.
func (s *Fake) publishDirectly(call *fakeaws.Call, in *awssns.PublishInput, message *entry) (*awssns.PublishOutput, error) {
	own := *message.PublishBatchRequestEntry
	own.MessageGroupId, own.MessageDeduplicationId = nil, nil
	if err := checkMessage(&topic{}, &entry{PublishBatchRequestEntry: &own, wrong: message.wrong}); err != nil {
		return nil, err
	}
	m := &Message{
		ID: s.world.IDs().UUID(), Message: *in.Message, Subject: aws.ToString(in.Subject), Attributes: copyOf(in.MessageAttributes),
		PhoneNumber: aws.ToString(in.PhoneNumber), TargetARN: aws.ToString(in.TargetArn), Published: s.now(),
	}
	p := s.phonesOf(call.Account, call.Region)
	p.published = recent.Add(p.published, m, maxPublished)
	return &awssns.PublishOutput{MessageId: &m.ID}, nil
}

// OptOut has the owner of a phone want no more messages of an account in a region.
func OptOut(w *fakeaws.World, account, region, number string) {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phonesOf(account, region).optedOut[number] = true
}
