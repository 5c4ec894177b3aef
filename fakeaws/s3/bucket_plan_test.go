package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// needsOf are the permissions that a plan needs.
func needsOf[O any](p *fakeaws.Plan[O], err error) ([]fakeaws.Need, error) {
	if err != nil {
		return nil, err
	}
	return p.Needs, nil
}
