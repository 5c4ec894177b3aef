package iam

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// credentialOps has the operations on what users sign in and sign with, on
// certificates, and on the account as a whole.
func (s *Fake) credentialOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.CreateLoginProfile, userOrCaller),
		bind(s, s.GetLoginProfile, userOrCaller),
		bind(s, s.UpdateLoginProfile, onUser),
		bind(s, s.DeleteLoginProfile, userOrCaller),
		bind(s, s.ChangePassword, ownPassword),
		bind(s, s.UpdateAccountPasswordPolicy, onAccount),
		bind(s, s.GetAccountPasswordPolicy, readPasswordPolicy),
		bind(s, s.DeleteAccountPasswordPolicy, onAccount),

		bind(s, s.CreateVirtualMFADevice, newMFADevice, requestTags),
		bind(s, s.DeleteVirtualMFADevice, onMFADevice),
		bind(s, s.ListVirtualMFADevices, listMFADevices),
		bind(s, s.EnableMFADevice, onUser),
		bind(s, s.ResyncMFADevice, onUser),
		bind(s, s.DeactivateMFADevice, userOrCaller),
		bind(s, s.ListMFADevices, userOrCaller),
		bind(s, s.GetMFADevice, userOrCaller),
		bind(s, s.TagMFADevice, onMFADevice, requestTags),
		bind(s, s.UntagMFADevice, onMFADevice, requestTagKeys),
		bind(s, s.ListMFADeviceTags, onMFADevice),

		bind(s, s.UploadSigningCertificate, userOrCaller),
		bind(s, s.UpdateSigningCertificate, userOrCaller),
		bind(s, s.DeleteSigningCertificate, userOrCaller),
		bind(s, s.ListSigningCertificates, userOrCaller),

		bind(s, s.UploadServerCertificate, newServerCertificate, requestTags),
		bind(s, s.GetServerCertificate, onServerCertificate),
		bind(s, s.ListServerCertificates, listServerCertificates),
		bind(s, s.UpdateServerCertificate, onServerCertificateAndNew),
		bind(s, s.DeleteServerCertificate, onServerCertificate),
		bind(s, s.TagServerCertificate, onServerCertificate, requestTags),
		bind(s, s.UntagServerCertificate, onServerCertificate, requestTagKeys),
		bind(s, s.ListServerCertificateTags, onServerCertificate),

		bind(s, s.UploadSSHPublicKey, onUser),
		bind(s, s.GetSSHPublicKey, onUser),
		bind(s, s.ListSSHPublicKeys, userOrCaller),
		bind(s, s.UpdateSSHPublicKey, onUser),
		bind(s, s.DeleteSSHPublicKey, onUser),

		bind(s, s.CreateServiceSpecificCredential, onUser, requestService),
		bind(s, s.ListServiceSpecificCredentials, userOrAll),
		bind(s, s.UpdateServiceSpecificCredential, onServiceCredential),
		bind(s, s.ResetServiceSpecificCredential, onServiceCredential),
		bind(s, s.DeleteServiceSpecificCredential, onServiceCredential),

		bind(s, s.CreateAccountAlias, onAccount),
		bind(s, s.DeleteAccountAlias, onAccount),
		bind(s, s.ListAccountAliases, onAccount),
		bind(s, s.GetAccountSummary, onAccount),
		bind(s, s.GetAccountAuthorizationDetails, onAccount),
		bind(s, s.GenerateCredentialReport, onAccount),
		bind(s, s.GetCredentialReport, onAccount),
		bind(s, s.PutAccountProperties, onAccount, requestNamespaces),
		bind(s, s.GetAccountProperties, ownNamespaces),
	}
}

// at is the target of actions on a resource that is printed as its ARN.
func at(arn func(*query) string) target {
	return func(q *query) ([]subject, error) { return []subject{{arn: arn(q)}}, nil }
}

// ownPassword is the target of ChangePassword: the calling user. Where the
// account's password policy lets users change their passwords, it grants that
// to each of them (API page "PasswordPolicy").
func ownPassword(q *query) ([]subject, error) {
	if q.call.Caller.Type != enforce.User {
		return nil, invalidUserType()
	}
	u, err := q.service.self(q.call)
	if err != nil {
		return nil, err
	}
	sub := q.entity(userKind, u.name)
	sub.policy = q.account.grant(u, "iam:ChangePassword")
	return []subject{sub}, nil
}

func readPasswordPolicy(q *query) ([]subject, error) {
	sub := subject{arn: "*"}
	if q.call.Caller.Type == enforce.User {
		if u, err := q.service.self(q.call); err == nil {
			sub.policy = q.account.grant(u, "iam:GetAccountPasswordPolicy")
		}
	}
	return []subject{sub}, nil
}

var (
	newMFADevice = at(func(q *query) string {
		return iamARN(q.account.id, "mfa", pathOr(q.pointer("Path")), q.text("VirtualMFADeviceName"))
	})
	listMFADevices = at(func(q *query) string { return iamARN(q.account.id, "mfa", "/", "") })

	newServerCertificate = at(func(q *query) string {
		return serverCertificateARN(q.account, pathOr(q.pointer("Path")), q.text("ServerCertificateName"))
	})
	listServerCertificates = at(func(q *query) string {
		prefix := q.text("PathPrefix")
		if prefix == "" {
			prefix = "/"
		}
		return serverCertificateARN(q.account, prefix, "")
	})
)

func onMFADevice(q *query) ([]subject, error) {
	sub := subject{arn: q.text("SerialNumber")}
	if d, err := q.account.virtualDevice(sub.arn); err == nil {
		sub.tags = &d.tags
	}
	return []subject{sub}, nil
}

func onServerCertificate(q *query) ([]subject, error) {
	name := q.text("ServerCertificateName")
	c, err := q.account.serverCertificate(name)
	if err != nil {
		return []subject{{arn: serverCertificateARN(q.account, "/", name)}}, nil
	}
	return []subject{{arn: c.arn(), tags: &c.tags}}, nil
}

// onServerCertificateAndNew also asks for permission on what the certificate is
// renamed to (API page "UpdateServerCertificate").
func onServerCertificateAndNew(q *query) ([]subject, error) {
	subjects, err := onServerCertificate(q)
	newName, newPath := q.pointer("NewServerCertificateName"), q.pointer("NewPath")
	if err != nil || newName == nil && newPath == nil {
		return subjects, err
	}
	name, path := q.text("ServerCertificateName"), "/"
	if c, err := q.account.serverCertificate(name); err == nil {
		path = c.path
	}
	if newName != nil {
		name = *newName
	}
	if newPath != nil {
		path = *newPath
	}
	return append(subjects, subject{arn: serverCertificateARN(q.account, path, name), tags: subjects[0].tags}), nil
}

// userOrAll is the target of ListServiceSpecificCredentials. What AWS evaluates
// for all users is unverified; it is what ListUsers is evaluated on.
func userOrAll(q *query) ([]subject, error) {
	if q.flag("AllUsers") {
		return listUsers(q)
	}
	return userOrCaller(q)
}

// onServiceCredential is userOrCaller with the condition key of the service
// that the credential is for.
func onServiceCredential(q *query) ([]subject, error) {
	subjects, err := userOrCaller(q)
	if err != nil {
		return nil, err
	}
	if c, ok := q.account.signIn.services.Get(q.text("ServiceSpecificCredentialId")); ok {
		subjects[0].context = func(keys *enforce.Context) { setService(keys, c.service) }
	}
	return subjects, nil
}

func setService(c *enforce.Context, service string) {
	c.Set("iam:ServiceSpecificCredentialServiceName", service)
}

func requestService(c *enforce.Context, in input, _ *subject) {
	setService(c, in.text("ServiceName"))
	if days, ok := in.number("CredentialAgeDays"); ok {
		c.Set("iam:ServiceSpecificCredentialAgeDays", days)
	}
}

func requestNamespaces(c *enforce.Context, in input, _ *subject) {
	c.SetMulti("iam:AccountPropertyNamespaces", namespaces(in.properties()))
}

// ownNamespaces is the target of GetAccountProperties, whose condition key has
// the namespaces of what it would show.
func ownNamespaces(q *query) ([]subject, error) {
	found := namespaces(q.account.signIn.properties)
	return []subject{{arn: "*", context: func(c *enforce.Context) {
		c.SetMulti("iam:AccountPropertyNamespaces", found)
	}}}, nil
}
