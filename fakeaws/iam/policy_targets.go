package iam

// newPolicy is the target of CreatePolicy, which prints the name.
func newPolicy(name, path *string) target[*account] {
	return func(l *lookup) (found[*account], error) {
		return found[*account]{
			resources: []resource{{arn: iamARN(l.account.id, "policy", pathOr(path), *name), name: "policy " + *name}},
			value:     l.account,
		}, nil
	}
}

// onPolicy is the target of actions on a managed policy, which AWS prints with
// the word before the ARN.
func onPolicy(arn *string) target[*policy] {
	return func(l *lookup) (found[*policy], error) {
		return l.policy(*arn, *arn), nil
	}
}

// onPolicyByName is onPolicy for the tagging actions, which print the name.
func onPolicyByName(arn *string) target[*policy] {
	return func(l *lookup) (found[*policy], error) {
		_, name := splitPolicyARN(*arn)
		return l.policy(*arn, name), nil
	}
}

// policy finds a managed policy, printed by its ARN or name.
func (l *lookup) policy(arn, printed string) found[*policy] {
	r := resource{arn: arn, name: "policy " + printed}
	p, ok := l.account.policy(arn)
	if ok {
		r.tags = &p.tags
	}
	return found[*policy]{resources: []resource{r}, value: p, missing: func() error {
		if !ok || p.deleted {
			return noSuchEntity(policyNotFound, arn)
		}
		return nil
	}}
}

// onOwnPolicy is onPolicy for an operation that changes the policy, which AWS's
// policies refuse.
func onOwnPolicy(arn *string) target[*policy] { return ownedByAccount(onPolicy(arn)) }

// onOwnPolicyByName is onOwnPolicy with the name printed.
func onOwnPolicyByName(arn *string) target[*policy] { return ownedByAccount(onPolicyByName(arn)) }

// ownedByAccount refuses a policy of AWS's.
func ownedByAccount(on target[*policy]) target[*policy] {
	return func(l *lookup) (found[*policy], error) {
		f, err := on(l)
		missing := f.missing
		f.missing = func() error {
			if err := missing(); err != nil {
				return err
			}
			return f.value.own()
		}
		return f, err
	}
}

// listedPolicies is the target of ListPolicies, which has no resource-level
// permissions; the denial names the path.
func listedPolicies(prefix *string) target[*account] {
	return func(l *lookup) (found[*account], error) {
		return found[*account]{
			resources: []resource{{arn: "*", name: "policy path " + prefixOr(prefix)}},
			value:     l.account,
		}, nil
	}
}
