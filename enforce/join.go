package enforce

// Join returns a policy that has the statements of several, which take part in a
// decision as one: a resource may be guarded by more than its policy, as S3's
// objects are by ACLs. Decisions name the policy that a statement came from. Nil
// policies are left out; of one alone it returns that one.
func Join(kind Kind, policies ...*Policy) *Policy {
	var all []*Statement
	var allows, denies []rule
	var one *Policy
	count := 0
	for _, p := range policies {
		if p == nil {
			continue
		}
		one = p
		count++
		all = append(all, p.statements...)
		allows = append(allows, p.allows.rules...)
		denies = append(denies, p.denies.rules...)
	}
	if count <= 1 {
		return one
	}
	return &Policy{kind: kind, doc: Empty(kind).doc, version: version2012, statements: all, allows: newIndex(allows), denies: newIndex(denies)}
}

// RestrictPublicBuckets returns what of a public bucket policy is in force for a caller
// under the setting of that name in S3 Block Public Access: all of it for AWS services and
// callers of the account that owns the bucket, and only what it denies for others, also
// for those whom another statement of it names (User Guide, "Blocking public access to
// your Amazon S3 storage").
func (p *Policy) RestrictPublicBuckets(caller *Principal, owner string) *Policy {
	if caller.Type == Service || caller.Account == owner {
		return p
	}
	return p.Denials()
}

// Denials returns a policy that has the Deny statements of p alone.
func (p *Policy) Denials() *Policy {
	if p == nil || len(p.allows.rules) == 0 {
		return p
	}
	denials := p.bare()
	denials.statements, denials.denies = p.denies.list(), p.denies
	return denials
}

// bare returns the policy without its statements.
func (p *Policy) bare() *Policy {
	return &Policy{kind: p.kind, source: p.source, doc: p.doc, size: p.size, version: p.version}
}

// list returns the statements of an index.
func (x *index) list() []*Statement {
	list := make([]*Statement, len(x.rules))
	for i := range x.rules {
		list[i] = x.rules[i].Statement
	}
	return list
}
