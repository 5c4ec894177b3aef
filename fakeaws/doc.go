// Package fakeaws joins fakes of AWS services into Worlds: isolated AWSs with
// accounts, a clock and ids of their own.
//
// A request takes one path, whichever [Door] it comes through: it is routed by
// the service that it was signed for, authenticated (Signature Version 4,
// session token, clock, state of the key), decoded into the SDK's own input
// type, planned by the operation, judged by every policy that applies, performed, and
// encoded. There is no way around authentication or authorization: no bypass key, no
// trusted network. Go code enters the same path at the plan, with [Do].
//
// A [Service] is a value that a World is made of. Its [Fake] has a table of operations;
// the row of an operation is one function, which turns a call into a [Plan]: the
// permissions that the call needs, and what performs it. To add an operation, write its
// plan, its row and its test.
//
// Tests use package awstest; it makes the Worlds.
package fakeaws
