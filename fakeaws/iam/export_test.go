package iam

import (
	"maps"
	"slices"
)

// LinkedServices are the services whose service-linked roles are known by name.
func LinkedServices() []string { return slices.Sorted(maps.Keys(linkedRoles)) }
