package awstest

import (
	"encoding/base32"
	"time"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/internal/totp"
)

// WithMFA returns p, a user, with temporary credentials of sts:GetSessionToken
// that were made with a code of an MFA device: aws:MultiFactorAuthPresent is true.
// The user gets a virtual device of its own for it, which shows real codes.
func (p *Principal) WithMFA() *Principal {
	a := p.account
	a.t.Helper()
	if p.kind != aUser {
		a.t.Fatalf("awstest: WithMFA: %s: only a user has MFA devices; a role's trust policy sees the code of who assumes it", p.arn)
		return nil
	}
	device := a.mfaDevice(p)
	// The user itself calls: AWS lets every user do it.
	out, err := awssts.NewFromConfig(p.Config()).GetSessionToken(a.t.Context(), &awssts.GetSessionTokenInput{
		SerialNumber: &device.serial, TokenCode: device.code(a.Now(), 0),
	})
	if err != nil {
		a.t.Fatalf("awstest: WithMFA: %s: %v", p.arn, err)
		return nil
	}
	return p.like(a.temporary(out.Credentials))
}

// An mfaDevice is a virtual MFA device.
type mfaDevice struct {
	serial string
	key    []byte
}

// mfaDevice makes a virtual MFA device and gives it to a user.
func (a *Account) mfaDevice(user *Principal) *mfaDevice {
	a.t.Helper()
	f, name := fixture{account: a, subject: "of " + user.arn}, user.name+"-"+a.world.IDs().Hex(8)
	made := perform[awsiam.CreateVirtualMFADeviceOutput](f, &awsiam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name})
	d := &mfaDevice{serial: *made.VirtualMFADevice.SerialNumber}
	var err error
	if d.key, err = base32.StdEncoding.DecodeString(string(made.VirtualMFADevice.Base32StringSeed)); err != nil {
		a.t.Fatalf("awstest: MFA device of %s: %v", user.arn, err)
		return nil
	}
	now := a.Now()
	// The codes of the past are used up, so that the present one is free.
	perform[awsiam.EnableMFADeviceOutput](f, &awsiam.EnableMFADeviceInput{
		UserName: &user.name, SerialNumber: &d.serial,
		AuthenticationCode1: d.code(now, -2), AuthenticationCode2: d.code(now, -1),
	})
	return d
}

// code is what the device shows, a number of steps from now.
func (d *mfaDevice) code(now time.Time, steps int64) *string {
	code := totp.Code(d.key, totp.Step(now)+steps)
	return &code
}
