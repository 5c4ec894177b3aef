package cloudformation

import (
	"maps"
	"slices"
)

var iamKinds = map[string]*kind{
	"AWS::IAM::Role": {
		name: "RoleName", immutable: []string{"Path"}, tags: "list",
		allows:  []string{"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "PermissionsBoundary", "Policies"},
		members: inlineMembers,
		create:  createRole, update: updateRole, remove: func(j *job) error { return j.removePrincipal("Role") },
	},
	"AWS::IAM::User": {
		name: "UserName", immutable: []string{"Path"}, tags: "list", allows: []string{"Groups", "LoginProfile", "ManagedPolicyArns", "PermissionsBoundary", "Policies"},
		members: map[string][]string{"Policies": inlineMembers["Policies"], "LoginProfile": {"Password", "PasswordResetRequired"}},
		create:  createUser, update: updateUser, remove: removeUser,
	},
	"AWS::IAM::Group": {
		name: "GroupName", immutable: []string{"Path"}, allows: []string{"ManagedPolicyArns", "Policies"}, members: inlineMembers,
		create: createGroup, update: func(j *job) error { return j.updateGrants("Group") }, remove: func(j *job) error { return j.removePrincipal("Group") },
	},
	"AWS::IAM::ManagedPolicy": {
		name: "ManagedPolicyName", immutable: []string{"Path", "Description"}, tags: "list", allows: []string{"Groups", "PolicyDocument", "Roles", "Users"},
		create: createPolicy, update: updatePolicy, remove: removePolicy,
	},
	"AWS::IAM::Policy": {
		allows: []string{"Groups", "PolicyDocument", "PolicyName", "Roles", "Users"}, create: putPolicies, update: putPolicies,
		remove: func(j *job) error {
			return j.everyPrincipal(j.properties, func(kind, name string) error { return j.deleteInline(kind, name, j.text("PolicyName")) })
		},
	},
	"AWS::IAM::RolePolicy":  inlineKind("Role"),
	"AWS::IAM::UserPolicy":  inlineKind("User"),
	"AWS::IAM::GroupPolicy": inlineKind("Group"),
	"AWS::IAM::InstanceProfile": {
		name: "InstanceProfileName", immutable: []string{"Path"}, allows: []string{"Roles"},
		create: createProfile, update: updateProfile,
		remove: func(j *job) error {
			for _, role := range list(j.properties["Roles"]) {
				if err := j.do("iam", "RemoveRoleFromInstanceProfile", map[string]any{"InstanceProfileName": j.id, "RoleName": role}); err != nil && !isNotFound(err) {
					return err
				}
			}
			return j.do("iam", "DeleteInstanceProfile", map[string]any{"InstanceProfileName": j.id})
		},
	},
	"AWS::IAM::AccessKey": {
		immutable: []string{"Serial", "UserName"}, allows: []string{"Status"},
		create: func(j *job) error {
			out, err := j.call("iam", "CreateAccessKey", map[string]any{"UserName": j.text("UserName")})
			if err != nil {
				return err
			}
			k, _ := out["AccessKey"].(map[string]any)
			j.id, j.attributes["SecretAccessKey"] = encodedText(k["AccessKeyId"]), encodedText(k["SecretAccessKey"])
			if status := j.text("Status"); status != "" && status != "Active" {
				return j.setKeyStatus(status)
			}
			return nil
		},
		update: func(j *job) error { return j.setKeyStatus(j.text("Status")) },
		remove: func(j *job) error {
			return j.do("iam", "DeleteAccessKey", map[string]any{"UserName": j.text("UserName"), "AccessKeyId": j.id})
		},
	},
	"AWS::IAM::UserToGroupAddition": {
		immutable: []string{"GroupName"}, allows: []string{"Users"}, create: addUsers, update: addUsers,
		remove: func(j *job) error {
			for _, user := range list(j.properties["Users"]) {
				if err := j.do("iam", "RemoveUserFromGroup", map[string]any{"UserName": user, "GroupName": j.text("GroupName")}); err != nil && !isNotFound(err) {
					return err
				}
			}
			return nil
		},
	},
	"AWS::IAM::OIDCProvider": {
		immutable: []string{"Url"}, tags: "list", allows: []string{"ClientIdList", "ThumbprintList"},
		create: func(j *job) error {
			out, err := j.call("iam", "CreateOpenIDConnectProvider", with(map[string]any{"Url": j.text("Url"), "ClientIDList": j.properties["ClientIdList"], "ThumbprintList": j.properties["ThumbprintList"]}, "Tags", j.tagList()))
			if err != nil {
				return err
			}
			j.id = encodedText(out["OpenIDConnectProviderArn"])
			j.attributes["Arn"] = j.id
			return nil
		},
		update: updateProvider,
		remove: func(j *job) error {
			return j.do("iam", "DeleteOpenIDConnectProvider", map[string]any{"OpenIDConnectProviderArn": j.id})
		},
	},
}

// inlineMembers are those of the inline policies of roles, users and groups.
var inlineMembers = map[string][]string{"Policies": {"PolicyDocument", "PolicyName"}}

func updateProvider(j *job) error {
	if j.changed("ThumbprintList") {
		if err := j.do("iam", "UpdateOpenIDConnectProviderThumbprint", map[string]any{"OpenIDConnectProviderArn": j.id, "ThumbprintList": j.properties["ThumbprintList"]}); err != nil {
			return err
		}
	}
	before, after := list(j.old["ClientIdList"]), list(j.properties["ClientIdList"])
	for _, id := range slices.Concat(before, after) {
		operation := "AddClientIDToOpenIDConnectProvider"
		switch {
		case slices.Contains(before, id) && slices.Contains(after, id):
			continue
		case slices.Contains(before, id):
			operation = "RemoveClientIDFromOpenIDConnectProvider"
		}
		if err := j.do("iam", operation, map[string]any{"OpenIDConnectProviderArn": j.id, "ClientID": id}); err != nil {
			return err
		}
	}
	return j.retagged(tagging{"iam", "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "OpenIDConnectProviderArn", "Tags", "TagKeys", false}, j.id)
}

func (j *job) setKeyStatus(status string) error {
	if status == "" {
		status = "Active"
	}
	return j.do("iam", "UpdateAccessKey", map[string]any{"UserName": j.text("UserName"), "AccessKeyId": j.id, "Status": status})
}

func addUsers(j *job) error {
	if j.id == "" {
		j.id = j.physical("", 255, false)
	}
	now := list(j.properties["Users"])
	for _, user := range list(j.old["Users"]) {
		if !slices.Contains(now, user) {
			if err := j.do("iam", "RemoveUserFromGroup", map[string]any{"UserName": user, "GroupName": j.text("GroupName")}); err != nil {
				return err
			}
		}
	}
	for _, user := range now {
		if err := j.do("iam", "AddUserToGroup", map[string]any{"UserName": user, "GroupName": j.text("GroupName")}); err != nil {
			return err
		}
	}
	return nil
}

func createRole(j *job) error {
	name := j.physical("RoleName", 64, false)
	out, err := j.call("iam", "CreateRole", with(map[string]any{"RoleName": name, "AssumeRolePolicyDocument": j.text("AssumeRolePolicyDocument")},
		"Path", j.text("Path"), "Description", j.text("Description"), "MaxSessionDuration", j.properties["MaxSessionDuration"], "PermissionsBoundary", j.text("PermissionsBoundary"), "Tags", j.tagList()))
	if err != nil {
		return err
	}
	role, _ := out["Role"].(map[string]any)
	j.id = name
	j.attributes = map[string]string{"Arn": encodedText(role["Arn"]), "RoleId": encodedText(role["RoleId"])}
	return j.grant("Role")
}

func updateRole(j *job) error {
	if j.changed("AssumeRolePolicyDocument") {
		if err := j.do("iam", "UpdateAssumeRolePolicy", map[string]any{"RoleName": j.id, "PolicyDocument": j.text("AssumeRolePolicyDocument")}); err != nil {
			return err
		}
	}
	if j.changed("Description", "MaxSessionDuration") {
		duration := j.properties["MaxSessionDuration"]
		if duration == nil {
			duration = "3600"
		}
		if err := j.do("iam", "UpdateRole", map[string]any{"RoleName": j.id, "Description": j.text("Description"), "MaxSessionDuration": duration}); err != nil {
			return err
		}
	}
	if err := j.boundary("Role"); err != nil {
		return err
	}
	if err := j.updateGrants("Role"); err != nil {
		return err
	}
	return j.retagIAM("Role")
}

// boundary sets the permissions boundary of a role or user.
func (j *job) boundary(kind string) error {
	switch {
	case !j.changed("PermissionsBoundary"):
		return nil
	case j.text("PermissionsBoundary") == "":
		return j.do("iam", "Delete"+kind+"PermissionsBoundary", map[string]any{kind + "Name": j.id})
	}
	return j.do("iam", "Put"+kind+"PermissionsBoundary", map[string]any{kind + "Name": j.id, "PermissionsBoundary": j.text("PermissionsBoundary")})
}

func (j *job) retagIAM(kind string) error {
	return j.retagged(tagging{"iam", "Tag" + kind, "Untag" + kind, kind + "Name", "Tags", "TagKeys", false}, j.id)
}

// inlinePolicies are the inline policies of properties, by name.
func inlinePolicies(properties map[string]any) map[string]string {
	all := map[string]string{}
	for _, p := range objects(properties["Policies"]) {
		all[encodedText(p["PolicyName"])] = encodedText(p["PolicyDocument"])
	}
	return all
}

func (j *job) putInline(kind, name, policy, document string) error {
	return j.do("iam", "Put"+kind+"Policy", map[string]any{kind + "Name": name, "PolicyName": policy, "PolicyDocument": document})
}

func (j *job) deleteInline(kind, name, policy string) error {
	err := j.do("iam", "Delete"+kind+"Policy", map[string]any{kind + "Name": name, "PolicyName": policy})
	if err != nil && isNotFound(err) {
		return nil
	}
	return err
}

// grant puts the inline policies and attaches the managed ones.
func (j *job) grant(kind string) error {
	for _, p := range objects(j.properties["Policies"]) {
		if err := j.putInline(kind, j.id, encodedText(p["PolicyName"]), encodedText(p["PolicyDocument"])); err != nil {
			return err
		}
	}
	for _, arn := range list(j.properties["ManagedPolicyArns"]) {
		if err := j.attach(kind, j.id, arn); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) attach(kind, name, arn string) error {
	return j.do("iam", "Attach"+kind+"Policy", map[string]any{kind + "Name": name, "PolicyArn": arn})
}

func (j *job) detach(kind, name, arn string) error {
	err := j.do("iam", "Detach"+kind+"Policy", map[string]any{kind + "Name": name, "PolicyArn": arn})
	if err != nil && isNotFound(err) {
		return nil
	}
	return err
}

func (j *job) updateGrants(kind string) error {
	was, want := inlinePolicies(j.old), inlinePolicies(j.properties)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if was[name] != want[name] {
			if err := j.putInline(kind, j.id, name, want[name]); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, ok := want[name]; !ok {
			if err := j.deleteInline(kind, j.id, name); err != nil {
				return err
			}
		}
	}
	before, after := list(j.old["ManagedPolicyArns"]), list(j.properties["ManagedPolicyArns"])
	for _, arn := range after {
		if !slices.Contains(before, arn) {
			if err := j.attach(kind, j.id, arn); err != nil {
				return err
			}
		}
	}
	for _, arn := range before {
		if !slices.Contains(after, arn) {
			if err := j.detach(kind, j.id, arn); err != nil {
				return err
			}
		}
	}
	return nil
}

// removePrincipal deletes a role, user or group with what the stack gave it.
func (j *job) removePrincipal(kind string) error {
	for _, arn := range list(j.properties["ManagedPolicyArns"]) {
		if err := j.detach(kind, j.id, arn); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inlinePolicies(j.properties))) {
		if err := j.deleteInline(kind, j.id, name); err != nil {
			return err
		}
	}
	return j.do("iam", "Delete"+kind, map[string]any{kind + "Name": j.id})
}

func createUser(j *job) error {
	name := j.physical("UserName", 64, false)
	out, err := j.call("iam", "CreateUser", with(map[string]any{"UserName": name}, "Path", j.text("Path"), "PermissionsBoundary", j.text("PermissionsBoundary"), "Tags", j.tagList()))
	if err != nil {
		return err
	}
	user, _ := out["User"].(map[string]any)
	j.id = name
	j.attributes["Arn"] = encodedText(user["Arn"])
	if login, ok := j.properties["LoginProfile"].(map[string]any); ok {
		if err := j.do("iam", "CreateLoginProfile", map[string]any{"UserName": name, "Password": login["Password"], "PasswordResetRequired": login["PasswordResetRequired"]}); err != nil {
			return err
		}
	}
	for _, group := range list(j.properties["Groups"]) {
		if err := j.do("iam", "AddUserToGroup", map[string]any{"UserName": name, "GroupName": group}); err != nil {
			return err
		}
	}
	return j.grant("User")
}

func updateUser(j *job) error {
	if j.changed("LoginProfile") {
		return notImplemented("the update of LoginProfile of AWS::IAM::User")
	}
	before, after := list(j.old["Groups"]), list(j.properties["Groups"])
	for _, group := range after {
		if !slices.Contains(before, group) {
			if err := j.do("iam", "AddUserToGroup", map[string]any{"UserName": j.id, "GroupName": group}); err != nil {
				return err
			}
		}
	}
	for _, group := range before {
		if !slices.Contains(after, group) {
			if err := j.do("iam", "RemoveUserFromGroup", map[string]any{"UserName": j.id, "GroupName": group}); err != nil {
				return err
			}
		}
	}
	if err := j.boundary("User"); err != nil {
		return err
	}
	if err := j.updateGrants("User"); err != nil {
		return err
	}
	return j.retagIAM("User")
}

func removeUser(j *job) error {
	for _, group := range list(j.properties["Groups"]) {
		if err := j.do("iam", "RemoveUserFromGroup", map[string]any{"UserName": j.id, "GroupName": group}); err != nil && !isNotFound(err) {
			return err
		}
	}
	if j.properties["LoginProfile"] != nil {
		if err := j.do("iam", "DeleteLoginProfile", map[string]any{"UserName": j.id}); err != nil && !isNotFound(err) {
			return err
		}
	}
	return j.removePrincipal("User")
}

func createGroup(j *job) error {
	name := j.physical("GroupName", 128, false)
	out, err := j.call("iam", "CreateGroup", with(map[string]any{"GroupName": name}, "Path", j.text("Path")))
	if err != nil {
		return err
	}
	group, _ := out["Group"].(map[string]any)
	j.id = name
	j.attributes["Arn"] = encodedText(group["Arn"])
	return j.grant("Group")
}
