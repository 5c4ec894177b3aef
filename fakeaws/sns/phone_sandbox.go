package sns

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) sandboxOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.getSMSSandboxAccountStatus),
		signed(s.createSMSSandboxPhoneNumber),
		signed(s.verifySMSSandboxPhoneNumber),
		signed(s.deleteSMSSandboxPhoneNumber),
		signed(s.listSMSSandboxPhoneNumbers),
	}
}

// A sandboxed is a phone that an account in the sandbox may send to once it is verified.
type sandboxed struct {
	passcode string
	verified bool
}

const (
	// maxSandbox is the most phones of a sandbox (developer guide, "SMS sandbox").
	maxSandbox = 10
	// passcodeSize is how many digits a one-time password has: unverified.
	passcodeSize = 6
)

// getSMSSandboxAccountStatus tells whether the account is in the sandbox, as new ones are.
func (s *Fake) getSMSSandboxAccountStatus(call *fakeaws.Call, _ *awssns.GetSMSSandboxAccountStatusInput) (*fakeaws.Plan[*awssns.GetSMSSandboxAccountStatusOutput], error) {
	return onAccount(s, call, "sns:GetSMSSandboxAccountStatus", func() (*awssns.GetSMSSandboxAccountStatusOutput, error) {
		return &awssns.GetSMSSandboxAccountStatusOutput{IsInSandbox: !s.phonesOf(call.Account, call.Region).production}, nil
	})
}

// createSMSSandboxPhoneNumber adds a phone, which would be sent a one-time password: see
// [Passcode].
func (s *Fake) createSMSSandboxPhoneNumber(call *fakeaws.Call, in *awssns.CreateSMSSandboxPhoneNumberInput) (*fakeaws.Plan[*awssns.CreateSMSSandboxPhoneNumberOutput], error) {
	if err := checkPhone(in.PhoneNumber); err != nil {
		return nil, err
	}
	return onAccount(s, call, "sns:CreateSMSSandboxPhoneNumber", func() (*awssns.CreateSMSSandboxPhoneNumberOutput, error) {
		p := s.phonesOf(call.Account, call.Region)
		known := p.sandbox[*in.PhoneNumber]
		switch {
		case known != nil && known.verified:
			return nil, &types.UserErrorException{Message: aws.String(textSandbox)}
		case known == nil && len(p.sandbox) >= maxSandbox:
			return nil, &types.UserErrorException{Message: aws.String("The maximum number of phone numbers is reached.")} // unverified
		}
		p.sandbox[*in.PhoneNumber] = &sandboxed{passcode: s.world.IDs().Digits(passcodeSize)}
		return &awssns.CreateSMSSandboxPhoneNumberOutput{}, nil
	})
}

// verifySMSSandboxPhoneNumber verifies a phone by the one-time password.
func (s *Fake) verifySMSSandboxPhoneNumber(call *fakeaws.Call, in *awssns.VerifySMSSandboxPhoneNumberInput) (*fakeaws.Plan[*awssns.VerifySMSSandboxPhoneNumberOutput], error) {
	if err := checkPhone(in.PhoneNumber); err != nil {
		return nil, err
	}
	if in.OneTimePassword == nil {
		return nil, required("OneTimePassword")
	}
	return onAccount(s, call, "sns:VerifySMSSandboxPhoneNumber", func() (*awssns.VerifySMSSandboxPhoneNumberOutput, error) {
		known := s.phonesOf(call.Account, call.Region).sandbox[*in.PhoneNumber]
		switch {
		case known == nil:
			return nil, resourceNotFound()
		case known.passcode != *in.OneTimePassword:
			return nil, &types.VerificationException{Message: aws.String(textPasscode), Status: aws.String("PENDING")}
		}
		known.verified = true
		return &awssns.VerifySMSSandboxPhoneNumberOutput{}, nil
	})
}

// deleteSMSSandboxPhoneNumber removes a phone.
func (s *Fake) deleteSMSSandboxPhoneNumber(call *fakeaws.Call, in *awssns.DeleteSMSSandboxPhoneNumberInput) (*fakeaws.Plan[*awssns.DeleteSMSSandboxPhoneNumberOutput], error) {
	if err := checkPhone(in.PhoneNumber); err != nil {
		return nil, err
	}
	return onAccount(s, call, "sns:DeleteSMSSandboxPhoneNumber", func() (*awssns.DeleteSMSSandboxPhoneNumberOutput, error) {
		p := s.phonesOf(call.Account, call.Region)
		if p.sandbox[*in.PhoneNumber] == nil {
			return nil, resourceNotFound()
		}
		delete(p.sandbox, *in.PhoneNumber)
		return &awssns.DeleteSMSSandboxPhoneNumberOutput{}, nil
	})
}

// listSMSSandboxPhoneNumbers lists the phones of the sandbox.
func (s *Fake) listSMSSandboxPhoneNumbers(call *fakeaws.Call, in *awssns.ListSMSSandboxPhoneNumbersInput) (*fakeaws.Plan[*awssns.ListSMSSandboxPhoneNumbersOutput], error) {
	return onAccount(s, call, "sns:ListSMSSandboxPhoneNumbers", func() (*awssns.ListSMSSandboxPhoneNumbersOutput, error) {
		size := pageSize
		if n := in.MaxResults; n != nil {
			if size = int(*n); size < 1 || size > pageSize {
				return nil, validation("MaxResults")
			}
		}
		known := s.phonesOf(call.Account, call.Region).sandbox
		numbers := make([]string, 0, len(known))
		for number := range known {
			numbers = append(numbers, number)
		}
		p, err := listed(numbers, in.NextToken, size, func(number string) types.SMSSandboxPhoneNumber {
			status := types.SMSSandboxPhoneNumberVerificationStatusPending
			if known[number].verified {
				status = types.SMSSandboxPhoneNumberVerificationStatusVerified
			}
			return types.SMSSandboxPhoneNumber{PhoneNumber: &number, Status: status}
		})
		if err != nil {
			return nil, err
		}
		return &awssns.ListSMSSandboxPhoneNumbersOutput{PhoneNumbers: p.Items, NextToken: p.Next}, nil
	})
}

// Passcode is the one-time password that a phone of the sandbox of an account was sent;
// empty when there is none.
func Passcode(w *fakeaws.World, account, region, number string) string {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.phonesOf(account, region).sandbox[number]; known != nil {
		return known.passcode
	}
	return ""
}

// LeaveSandbox takes an account out of the sandbox of a region, as AWS does when it is asked.
func LeaveSandbox(w *fakeaws.World, account, region string) {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phonesOf(account, region).production = true
}
