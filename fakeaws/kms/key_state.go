package kms

import (
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// states is a row of the table in "Key states of AWS KMS keys" of the KMS Developer Guide:
// what an operation needs of the state of a key.
type states int

const (
	// anyState is an operation that each state admits.
	anyState states = iota
	// usable is one that needs an enabled key: the cryptographic operations, CreateGrant,
	// ReplicateKey and UpdatePrimaryRegion.
	usable
	// notPending is one that a key pending deletion does not admit.
	notPending
	// material is one that needs key material too: EnableKey and DisableKey.
	materialNeeded
	// onlyPending is CancelKeyDeletion.
	onlyPending
	// rotating is one that changes the rotation of a key.
	rotating
	// rotationShown is GetKeyRotationStatus.
	rotationShown
	// imported is an import of key material, and material its end, which a key that is
	// pending deletion takes too ("DeleteImportedKeyMaterial" of the API reference).
	imported
	material
)

// admit returns the error that the row of the table has for the state of a key. The lock is
// held.
func (r states) admit(key *fakeaws.Key) error {
	pending := pendingDeletion(key)
	external := isExternal(key)
	switch r {
	case usable:
		return ofState(key.CryptoState())
	case notPending:
		return pending
	case materialNeeded:
		if pending == nil && key.State == string(types.KeyStatePendingImport) {
			return invalidState(key.ARN + " is pending import.")
		}
		return pending
	case onlyPending:
		if pending == nil {
			return invalidState(key.ARN + " is not pending deletion.")
		}
	case rotating, rotationShown:
		switch {
		case external:
			return unsupported(key.ARN + " origin is EXTERNAL which is not valid for this operation.")
		case key.Spec != string(types.KeySpecSymmetricDefault):
			return unsupported(key.ARN + " key spec is " + key.Spec + " which is not valid for this operation.")
		case r == rotating:
			return ofState(key.CryptoState())
		}
	case imported, material:
		if !external {
			return unsupported(key.ARN + " origin is " + key.Origin + " which is not valid for this operation.")
		}
		if r == imported {
			return pending
		}
	}
	return nil
}

// pendingDeletion is the error of a key that is pending deletion; nil for others.
func pendingDeletion(key *fakeaws.Key) error {
	switch types.KeyState(key.State) {
	case types.KeyStatePendingDeletion:
		return invalidState(key.ARN + " is pending deletion.")
	case types.KeyStatePendingReplicaDeletion:
		return invalidState(key.ARN + " is pending replica deletion.")
	}
	return nil
}

// unmanaged refuses to change the key of an AWS service ("AWS managed keys" of the
// Developer Guide).
func unmanaged(key *fakeaws.Key) error {
	if key.Managed() {
		return accessDenied(textManaged)
	}
	return nil
}
