// Package fakeaws joins fakes of AWS services into Worlds: isolated AWSs with
// accounts, a clock and ids of their own.
//
// A request takes one path, whichever [Door] it comes through: it is routed by
// the service that it was signed for, authenticated (Signature Version 4,
// session token, clock, state of the key), decoded into the SDK's own input
// type, authorized by every policy that applies, performed by a method of the
// service, and encoded. There is no way around authentication or authorization:
// no bypass key, no trusted network.
//
// A service is a [Service]: a struct with one exported method for each AWS
// operation, in the SDK's types, and a table that binds each method to the
// permissions it needs. To add an operation, write the method, its row and its
// test.
//
// Tests use package awstest; it makes Worlds with every service.
package fakeaws
