package awstest

// SetQuota changes what AWS lets the account have, by the quota's name in
// Service Quotas: SetQuota("iam", "Roles per account", 5000). Without it the
// defaults of AWS hold. A quota that the service does not have fails the test.
//
// AWS raises most quotas up to a maximum only, and some not at all: a test that
// sets one further shows something about the program, not about AWS.
func (a *Account) SetQuota(service, name string, value int) {
	a.t.Helper()
	s, ok := a.world.Fake(service).(interface {
		SetQuota(accountID, name string, value int) error
	})
	if !ok {
		a.t.Fatalf("awstest: SetQuota: no quota of %s can be set", service)
		return
	}
	if err := s.SetQuota(a.acct.ID, name, value); err != nil {
		a.t.Fatalf("awstest: SetQuota: %v", err)
	}
}
