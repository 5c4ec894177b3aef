package iam

// at is the target of a call that is evaluated on one ARN in the caller's account,
// which it acts on: that of something new, or of a list.
func at(arn func(*account) string) target[*account] {
	return func(l *lookup) (found[*account], error) {
		return found[*account]{resources: []resource{{arn: arn(l.account)}}, value: l.account}, nil
	}
}

// onAccount is the target of actions without resource-level permissions, on the
// account as a whole.
func onAccount(l *lookup) (found[*account], error) {
	return found[*account]{resources: []resource{{arn: "*"}}, value: l.account}, nil
}

// onAll is the target of actions that AWS evaluates on an ARN that stands for all
// resources of a type.
func onAll(resourceType string) target[*account] {
	return at(func(a *account) string { return iamARN(a.id, resourceType+"/*", "", "") })
}

// created is the target of actions that make a resource with a name and a path.
func created(resourceType string, name, path *string) target[*account] {
	return at(func(a *account) string { return iamARN(a.id, resourceType, pathOr(path), *name) })
}

// listed is the target of actions that list resources: they are evaluated on the
// path that they list, which has the form of an ARN without a name.
func listed(resourceType string, prefix *string) target[*account] {
	return at(func(a *account) string { return iamARN(a.id, resourceType, prefixOr(prefix), "") })
}

// prefixOr is the path prefix of a request, "/" when it names none or an empty one.
func prefixOr(prefix *string) string {
	if prefix == nil || *prefix == "" {
		return "/"
	}
	return *prefix
}

// onEntity is the target of actions on an entity of a name.
func onEntity(k *kind, name *string) target[*entity] {
	return func(l *lookup) (found[*entity], error) {
		e, err := k.find(l.account, *name)
		return found[*entity]{
			resources: []resource{e.resource(l.account, k, *name)},
			value:     e,
			missing: func() error {
				if err == nil && (e.deleted || e.name != *name) {
					return k.missing(*name)
				}
				return err
			},
		}, nil
	}
}

// resource is an entity as actions are evaluated on it; nil is one that does not
// exist.
func (e *entity) resource(a *account, k *kind, name string) resource {
	printed := k.noun + " " + name
	if e == nil {
		return resource{arn: iamARN(a.id, k.noun, "/", name), name: printed}
	}
	r := resource{arn: e.arn, name: printed, tags: &e.tags, boundary: e.boundary}
	if from := e.role.template; from != nil {
		r.keys = []contextKey{optionalKey("iam:RoleTemplateARN", from.TemplateArn)}
	}
	return r
}

func onUser(name *string) target[*entity]  { return onEntity(userKind, name) }
func onGroup(name *string) target[*entity] { return onEntity(groupKind, name) }
func onRole(name *string) target[*entity]  { return onEntity(roleKind, name) }

func onUserAndNew(name, newName, newPath *string) target[*entity] {
	return onEntityAndNew(userKind, name, newName, newPath)
}

func onGroupAndNew(name, newName, newPath *string) target[*entity] {
	return onEntityAndNew(groupKind, name, newName, newPath)
}

// onEntityAndNew is the target of actions that rename an entity: AWS asks for
// permission on the old and the new one (API page "UpdateUser").
func onEntityAndNew(k *kind, name, newName, newPath *string) target[*entity] {
	return func(l *lookup) (found[*entity], error) {
		f, err := onEntity(k, name)(l)
		if err != nil || newName == nil && newPath == nil {
			return f, err
		}
		path := "/"
		if f.value != nil {
			path = f.value.path
		}
		old := f.resources[0]
		renamed, path := renaming(*name, path, newName, newPath)
		f.resources = append(f.resources, resource{
			arn: iamARN(l.account.id, k.noun, path, renamed), name: k.noun + " " + renamed,
			tags: old.tags, boundary: old.boundary,
		})
		return f, nil
	}
}

// renaming returns a name and a path after a change; nil keeps what there is.
func renaming(name, path string, newName, newPath *string) (string, string) {
	if newName != nil {
		name = *newName
	}
	if newPath != nil {
		path = *newPath
	}
	return name, path
}

// onUserOrCaller is the target of actions on the caller's own user, when the
// request names no other.
func onUserOrCaller(name *string) target[*entity] {
	if name != nil {
		return onUser(name)
	}
	return onCaller
}

// onCaller is the target of actions on the calling user.
func onCaller(l *lookup) (found[*entity], error) {
	e, err := l.service.callingUser(l.call)
	if err != nil {
		return found[*entity]{}, err
	}
	return found[*entity]{
		resources: []resource{{arn: e.arn, name: "user " + e.name, tags: &e.tags, boundary: e.boundary}},
		value:     e,
		missing: func() error {
			if e.deleted {
				return userKind.missing(e.name)
			}
			return nil
		},
	}, nil
}
