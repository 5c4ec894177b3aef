package iam

import (
	"encoding/base32"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"rsc.io/qr"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// mfaOps are the operations on MFA devices.
func (s *Fake) mfaOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createVirtualMFADevice),
		fakeaws.Bind(s.deleteVirtualMFADevice),
		fakeaws.Bind(s.enableMFADevice),
		fakeaws.Bind(s.resyncMFADevice),
		fakeaws.Bind(s.deactivateMFADevice),
		fakeaws.Bind(s.listMFADevices),
		fakeaws.Bind(s.listVirtualMFADevices),
		fakeaws.Bind(s.getMFADevice),
		fakeaws.Bind(s.tagMFADevice),
		fakeaws.Bind(s.untagMFADevice),
		fakeaws.Bind(s.listMFADeviceTags),
	}
}

const (
	// maxMFADevices is the quota of MFA devices per user.
	maxMFADevices = 8
	// seedDigits is the length of a seed in Base32 digits.
	seedDigits = 64
	// maxSerial is the longest serial number that operations take, which bounds
	// the path and name of a virtual device.
	maxSerial = 256
)

// An mfaDevice shows codes that prove who has it.
type mfaDevice struct {
	serial  string // of a virtual device its ARN
	seed    string // of a virtual device, in Base32
	secret  []byte // the seed's bytes
	tags    tagSet
	user    *entity // nil while it is assigned to no user
	enabled time.Time
	drift   int64 // how many steps the device's clock is ahead
	used    int64 // the step of the latest code that was taken
	deleted bool  // for the plans that still hold it
}

func (d *mfaDevice) credentialID() string { return d.serial }

// virtualDevice finds a virtual MFA device of the account.
func (a *account) virtualDevice(serial string) (*mfaDevice, error) {
	if d, ok := a.signIn.mfa.Get(serial); ok {
		return d, nil
	}
	return nil, noSuchEntity(noMFADevice, serial)
}

// onMFADevice is the target of actions on a virtual MFA device.
func onMFADevice(serial *string) target[*mfaDevice] {
	return func(l *lookup) (found[*mfaDevice], error) {
		r := resource{arn: *serial}
		d, err := l.account.virtualDevice(*serial)
		if err == nil {
			r.tags = &d.tags
		}
		return found[*mfaDevice]{resources: []resource{r}, value: d, missing: func() error {
			if err == nil && d.deleted {
				return noSuchEntity(noMFADevice, *serial)
			}
			return err
		}}, nil
	}
}

// createVirtualMFADevice makes a virtual MFA device, assigned to no user. Its
// seed, as text and as a QR code, is in this answer only.
func (s *Fake) createVirtualMFADevice(call *fakeaws.Call, in *sdk.CreateVirtualMFADeviceInput) (*fakeaws.Plan[*sdk.CreateVirtualMFADeviceOutput], error) {
	return plan(s, call, in, created("mfa", in.VirtualMFADeviceName, in.Path).tagged("iam:TagMFADevice", in.Tags), func(a *account) (*sdk.CreateVirtualMFADeviceOutput, error) {
		name := *in.VirtualMFADeviceName
		d := &mfaDevice{serial: iamARN(a.id, "mfa", pathOr(in.Path), name)}
		switch _, exists := a.signIn.mfa.Get(d.serial); {
		case exists:
			return nil, alreadyExists(mfaDeviceExists)
		case len(d.serial) > maxSerial:
			return nil, invalidInput(longSerial)
		case a.signIn.mfa.Len() >= a.quota(usersQuota):
			return nil, quotaExceeded(quotaVirtualDevices, a.quota(usersQuota))
		}
		if err := d.tags.put(in.Tags, "MFADevice"); err != nil {
			return nil, err
		}
		d.seed = s.world.IDs().Base32(seedDigits)
		// Base32 digits in a number that is a multiple of eight are always a seed.
		d.secret, _ = base32.StdEncoding.DecodeString(d.seed)
		image, err := qr.Encode(a.otpURL(name, d.seed), qr.L)
		if err != nil {
			return nil, err
		}
		a.signIn.mfa.Set(d.serial, d)
		return &sdk.CreateVirtualMFADeviceOutput{VirtualMFADevice: &types.VirtualMFADevice{
			SerialNumber:     aws.String(d.serial),
			Base32StringSeed: []byte(d.seed),
			QRCodePNG:        image.PNG(),
			Tags:             d.tags.all(),
		}}, nil
	}, requestTags(in.Tags))
}

// otpURL is what the QR code of a device says (API page "VirtualMFADevice").
func (a *account) otpURL(device, seed string) string {
	name := a.id
	if a.signIn.alias != "" {
		name = a.signIn.alias
	}
	return "otpauth://totp/" + url.PathEscape(device+"@"+name) + "?secret=" + seed
}

// deleteVirtualMFADevice deletes a virtual MFA device that is assigned to no user.
func (s *Fake) deleteVirtualMFADevice(call *fakeaws.Call, in *sdk.DeleteVirtualMFADeviceInput) (*fakeaws.Plan[*sdk.DeleteVirtualMFADeviceOutput], error) {
	return plan(s, call, in, onMFADevice(in.SerialNumber), func(d *mfaDevice) (*sdk.DeleteVirtualMFADeviceOutput, error) {
		if d.user != nil {
			return nil, deleteConflict(mfaDeviceInUse)
		}
		d.deleted = true
		s.account(call.Account).signIn.mfa.Delete(d.serial)
		return &sdk.DeleteVirtualMFADeviceOutput{}, nil
	})
}

// enableMFADevice gives a user an MFA device, of which two consecutive codes
// prove that the user has it.
func (s *Fake) enableMFADevice(call *fakeaws.Call, in *sdk.EnableMFADeviceInput) (*fakeaws.Plan[*sdk.EnableMFADeviceOutput], error) {
	return plan(s, call, in, onUser(in.UserName), modifiableUser(s, func(u *entity) (*sdk.EnableMFADeviceOutput, error) {
		return &sdk.EnableMFADeviceOutput{}, s.enable(u, *in.SerialNumber, *in.AuthenticationCode1, *in.AuthenticationCode2)
	}))
}

// EnableRootMFADevice gives the root user of an account an MFA device of
// CreateVirtualMFADevice or [Fake.AddHardwareToken]. It is no operation: in AWS only
// the console does it.
func (s *Fake) EnableRootMFADevice(accountID, serial, code1, code2 string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enable(s.account(accountID).root, serial, code1, code2)
}

// enable gives a user an MFA device.
func (s *Fake) enable(u *entity, serial, code1, code2 string) error {
	d, err := s.device(u.account, serial)
	switch {
	case err != nil:
		return err
	case d.user != nil:
		return alreadyExists(mfaDeviceTaken, d.serial)
	case len(u.user.mfa) >= maxMFADevices:
		return quotaExceeded(quotaMFADevices, maxMFADevices)
	}
	if err := d.synchronize(code1, code2, s.now()); err != nil {
		return err
	}
	d.user, d.enabled = u, s.now()
	u.account.devicesInUse++
	u.user.mfa = append(u.user.mfa, d)
	return nil
}

// resyncMFADevice measures again how far the clock of a user's device is off.
func (s *Fake) resyncMFADevice(call *fakeaws.Call, in *sdk.ResyncMFADeviceInput) (*fakeaws.Plan[*sdk.ResyncMFADeviceOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.ResyncMFADeviceOutput, error) {
		d, err := find(u.user.mfa, *in.SerialNumber, notUsersMFADevice)
		if err != nil {
			return nil, err
		}
		return &sdk.ResyncMFADeviceOutput{}, d.synchronize(*in.AuthenticationCode1, *in.AuthenticationCode2, s.now())
	})
}

// deactivateMFADevice takes an MFA device from a user, by default the caller.
func (s *Fake) deactivateMFADevice(call *fakeaws.Call, in *sdk.DeactivateMFADeviceInput) (*fakeaws.Plan[*sdk.DeactivateMFADeviceOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), rootSessionOnly(call, modifiableUser(s, func(u *entity) (*sdk.DeactivateMFADeviceOutput, error) {
		d, err := find(u.user.mfa, *in.SerialNumber, notUsersMFADevice)
		if err != nil {
			return nil, err
		}
		d.user, d.enabled = nil, time.Time{}
		u.account.devicesInUse--
		u.user.mfa = without(u.user.mfa, d.serial)
		return &sdk.DeactivateMFADeviceOutput{}, nil
	})))
}

// listMFADevices lists the MFA devices of a user, by default the caller. That those of
// the root user have no UserName is unverified.
func (s *Fake) listMFADevices(call *fakeaws.Call, in *sdk.ListMFADevicesInput) (*fakeaws.Plan[*sdk.ListMFADevicesOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.ListMFADevicesOutput, error) {
		p, err := list(byID(u.user.mfa), in.Marker, in.MaxItems, func(d *mfaDevice) (types.MFADevice, bool) {
			return types.MFADevice{
				EnableDate: aws.Time(d.enabled), SerialNumber: aws.String(d.serial), UserName: optional(u.name),
			}, true
		})
		return &sdk.ListMFADevicesOutput{MFADevices: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// listVirtualMFADevices lists the virtual MFA devices of the account by serial
// number, without seeds and tags.
func (s *Fake) listVirtualMFADevices(call *fakeaws.Call, in *sdk.ListVirtualMFADevicesInput) (*fakeaws.Plan[*sdk.ListVirtualMFADevicesOutput], error) {
	return plan(s, call, in, listed("mfa", nil), func(a *account) (*sdk.ListVirtualMFADevicesOutput, error) {
		p, err := list(ascend(&a.signIn.mfa), in.Marker, in.MaxItems, func(d *mfaDevice) (types.VirtualMFADevice, bool) {
			view := types.VirtualMFADevice{SerialNumber: aws.String(d.serial)}
			if d.user == nil {
				return view, in.AssignmentStatus != types.AssignmentStatusTypeAssigned
			}
			user := d.user.listedUser()
			view.User, view.EnableDate = &user, aws.Time(d.enabled)
			return view, in.AssignmentStatus != types.AssignmentStatusTypeUnassigned
		})
		return &sdk.ListVirtualMFADevicesOutput{VirtualMFADevices: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// getMFADevice describes a FIDO security key. Those are registered in the
// console only, with a browser: no user has one here, and AWS does not take the
// serial numbers of other devices (API page "GetMFADevice").
func (s *Fake) getMFADevice(call *fakeaws.Call, in *sdk.GetMFADeviceInput) (*fakeaws.Plan[*sdk.GetMFADeviceOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(*entity) (*sdk.GetMFADeviceOutput, error) {
		return nil, noSuchEntity(notUsersMFADevice)
	})
}

// tagMFADevice adds tags to a virtual MFA device or replaces their values.
func (s *Fake) tagMFADevice(call *fakeaws.Call, in *sdk.TagMFADeviceInput) (*fakeaws.Plan[*sdk.TagMFADeviceOutput], error) {
	return plan(s, call, in, onMFADevice(in.SerialNumber), func(d *mfaDevice) (*sdk.TagMFADeviceOutput, error) {
		return &sdk.TagMFADeviceOutput{}, d.tags.put(in.Tags, "MFADevice")
	}, requestTags(in.Tags))
}

// untagMFADevice removes tags from a virtual MFA device.
func (s *Fake) untagMFADevice(call *fakeaws.Call, in *sdk.UntagMFADeviceInput) (*fakeaws.Plan[*sdk.UntagMFADeviceOutput], error) {
	return plan(s, call, in, onMFADevice(in.SerialNumber), func(d *mfaDevice) (*sdk.UntagMFADeviceOutput, error) {
		d.tags.remove(in.TagKeys)
		return &sdk.UntagMFADeviceOutput{}, nil
	}, requestTagKeys(in.TagKeys))
}

// listMFADeviceTags lists the tags of a virtual MFA device by key.
func (s *Fake) listMFADeviceTags(call *fakeaws.Call, in *sdk.ListMFADeviceTagsInput) (*fakeaws.Plan[*sdk.ListMFADeviceTagsOutput], error) {
	return plan(s, call, in, onMFADevice(in.SerialNumber), func(d *mfaDevice) (*sdk.ListMFADeviceTagsOutput, error) {
		p, err := d.tags.list(in.Marker, in.MaxItems)
		return &sdk.ListMFADeviceTagsOutput{Tags: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// MFACode implements [fakeaws.Directory].
func (s *Fake) MFACode(caller *fakeaws.Caller, serial, code string, use bool) fakeaws.MFAResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.byID[caller.EntityID]
	if caller.Type == enforce.Root { // who has no id among the users
		u, ok = s.account(caller.Account).root, true
	}
	if !ok {
		return fakeaws.MFAUnknownDevice
	}
	d, err := find(u.user.mfa, serial, notUsersMFADevice)
	if err != nil {
		return fakeaws.MFAUnknownDevice
	}
	step, ok := d.stepOf(code, s.now())
	if !ok {
		return fakeaws.MFAWrongCode
	}
	if use {
		d.used = step
	}
	return fakeaws.MFAPassed
}
