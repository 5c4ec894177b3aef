// Package recent keeps the latest of what a service did, for Go code to look at: a list that
// only grew would take memory without bound.
package recent

import "slices"

// Add adds one to a list of which the most latest are asked for. It drops older ones now and
// then, so that a list has at most twice as many.
func Add[T any](list []T, one T, most int) []T {
	if len(list) >= 2*most {
		list = slices.Clone(list[len(list)-most:])
	}
	return append(list, one)
}

// Of are the most latest of a list, the first first.
func Of[T any](list []T, most int) []T { return list[max(0, len(list)-most):] }
