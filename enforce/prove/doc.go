// Package prove says what policies can never do: over all requests, and not only those that
// somebody thought of.
package prove
