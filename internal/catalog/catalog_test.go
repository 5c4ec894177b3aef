package catalog

import "testing"

func TestX(t *testing.T) {
	s, _ := Lookup("s3")
	t.Log(s.Name, len(s.actions), len(s.keys.keys), Source(), len(Prefixes()))
	for _, arn := range []string{"arn:aws:s3:::b", "arn:aws:s3:::b/k", "arn:aws:s3:::b/k/l", "arn:aws:s3:us-east-1:1:accesspoint/x"} {
		for _, r := range s.Match(arn) {
			t.Log(arn, r.Name)
		}
	}
	n := 0
	for _, p := range Prefixes() {
		s, _ := Lookup(p)
		for _, r := range s.resources {
			if r.closed {
				t.Log(p, r.Name, r.ARN)
			n++
			}
		}
	}
	t.Log(n)
}
