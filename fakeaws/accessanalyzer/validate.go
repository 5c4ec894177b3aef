package accessanalyzer

import "github.com/leastpriv/leastpriv/fakeaws"

func (s *Fake) validateOps() []fakeaws.Op { return nil }
func (s *Fake) previewOps() []fakeaws.Op  { return nil }
