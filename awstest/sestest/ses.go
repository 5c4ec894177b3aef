// Package sestest verifies senders of the accounts of package awstest and reads the mail that
// they send. Only tests that import it link the fake of Amazon SES:
//
//	acct := awstest.New(t, sestest.With())
//	mail := sestest.Of(acct)
//	mail.Verify("shop.example")
//	…
//	mail.Sent()[0].Subject
package sestest

import (
	"context"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
)

// With gives a World Amazon SES, by both of its APIs: an option of [awstest.New].
func With() awstest.Option { return awstest.With(ses.Service, ses.ServiceV2) }

// SES is the Amazon SES of an account in a region, for Go code that looks past the clients: no
// policy is asked, and [awstest.Account.Calls] shows nothing of it.
type SES struct {
	account *awstest.Account
	region  string
}

// Of returns that of the account in its region.
func Of(a *awstest.Account) *SES { return &SES{a, a.Region()} }

// In returns that of the same account in another region.
func (s *SES) In(region string) *SES { return &SES{s.account, region} }

func (s *SES) world() *fakeaws.World {
	s.account.TB().Helper()
	fixture.Require(s.account, "ses", "Amazon SES", "sestest")
	return s.account.World()
}

// Verify has identities, addresses and domains, be verified. Those that the account has not are
// added.
func (s *SES) Verify(identities ...string) {
	s.account.TB().Helper()
	w := s.world()
	for _, name := range identities {
		ses.Verify(w, s.account.ID(), s.region, name)
	}
}

// Production moves the account out of the sandbox, in which every account begins: there it
// sends to verified identities alone.
func (s *SES) Production() {
	s.account.TB().Helper()
	ses.SetProduction(s.world(), s.account.ID(), s.region, true)
}

// Sent returns the latest thousand mails that the account has sent, the first first.
func (s *SES) Sent() []ses.Mail {
	s.account.TB().Helper()
	return ses.Sent(s.world(), s.account.ID(), s.region)
}

// Verifications returns the mails in which SES asked people to verify their addresses.
func (s *SES) Verifications() []ses.Mail {
	s.account.TB().Helper()
	return ses.Verifications(s.world(), s.account.ID(), s.region)
}

// Failures returns the latest events that SES could not publish, and why.
func (s *SES) Failures() []ses.Failure {
	s.account.TB().Helper()
	return ses.Failures(s.world(), s.account.ID(), s.region)
}

// Receive has a mail come in for addresses of the account, and returns what its receipt rules
// did with it. That nobody receives it ends the test.
func (s *SES) Receive(from string, raw []byte, recipients ...string) ses.Receipt {
	t := s.account.TB()
	t.Helper()
	out, err := ses.Receive(context.WithoutCancel(t.Context()), s.world(), &ses.Incoming{
		Account: s.account.ID(), Region: s.region, From: from, Recipients: recipients, Raw: raw,
	})
	if err != nil {
		t.Fatalf("sestest: a mail from %s: %v", from, err)
	}
	return out
}
