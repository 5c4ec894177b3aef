package iam

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// userFacts are the credentials that only users have, other than access keys.
// Lists are oldest first.
type userFacts struct {
	login    *loginProfile
	mfa      []*mfaDevice
	signing  []*signingCertificate
	ssh      []*sshKey
	services []*serviceCredential
	// modifiableFrom is when the user can be modified, of a name that was deleted.
	modifiableFrom time.Time
}

// conflict is the error of DeleteUser while a user has credentials. The text is
// unverified for signing certificates.
func (u *userFacts) conflict() error {
	switch {
	case u.login != nil:
		return deleteConflict("Cannot delete entity, must delete login profile first.")
	case len(u.mfa) > 0:
		return deleteConflict("Cannot delete entity, must delete MFA device first.")
	case len(u.signing) > 0:
		return deleteConflict("Cannot delete entity, must delete signing certificates first.")
	case len(u.ssh) > 0, len(u.services) > 0:
		// Recorded for SSH keys; unverified for service-specific credentials.
		return deleteConflict("Cannot delete entity, must remove referenced objects first.")
	}
	return nil
}

// signIn is what an account keeps for the credentials of its users.
type signIn struct {
	passwordPolicy *types.PasswordPolicy
	mfa            btree.Map[string, *mfaDevice]         // virtual ones, by serial number
	signing        map[string]bool                       // the DER of all signing certificates
	servers        btree.Map[string, *serverCertificate] // by lower-case name
	services       btree.Map[string, *serviceCredential] // by id
	alias          string
	properties     map[string]string
	report         *credentialReport
}

// A credential is one of several of its kind that a user has.
type credential interface{ credentialID() string }

// find returns the credential of that id. missing is IAM's message without it,
// with %s where the id stands, if it does.
func find[C credential](of []C, id, missing string) (C, error) {
	for _, c := range of {
		if c.credentialID() == id {
			return c, nil
		}
	}
	var none C
	return none, noSuchEntity("%s", strings.ReplaceAll(missing, "%s", id))
}

// without returns the credentials but for the one of that id.
func without[C credential](of []C, id string) []C {
	return slices.DeleteFunc(of, func(c C) bool { return c.credentialID() == id })
}

// byID lists a user's few credentials in the order of their ids.
func byID[C credential](of []C) page.Ascender[C] {
	id := func(c C) string { return c.credentialID() }
	return page.Sorted(slices.SortedFunc(slices.Values(of), func(a, b C) int { return strings.Compare(id(a), id(b)) }), id)
}
