package managed

// Loaded reports whether anybody has looked at the policies: the index is
// unpacked.
func Loaded() bool { return loaded.Load() }
