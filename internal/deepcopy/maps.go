package deepcopy

import "maps"

// Maps without anything in them that must be copied are copied at once.
var _ = Register(
	By("it has texts only", copyMap[string, string]),
	By("it has texts only", copyMap[string, bool]),
	By("it has texts only", copyMap[string, int]),
)

func copyMap[K comparable, V any](_ *Copier, dst, src *map[K]V) { *dst = maps.Clone(*src) }
