package cloudformation

import (
	"slices"
	"strings"
)

// everyPrincipal goes through the Roles, Users and Groups of properties.
func (j *job) everyPrincipal(properties map[string]any, do func(kind, name string) error) error {
	for _, kind := range []string{"Role", "User", "Group"} {
		for _, name := range list(properties[kind+"s"]) {
			if err := do(kind, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func has(properties map[string]any, kind, name string) bool {
	return slices.Contains(list(properties[kind+"s"]), name)
}

func createPolicy(j *job) error {
	name := j.physical("ManagedPolicyName", 128, false)
	out, err := j.call("iam", "CreatePolicy", with(map[string]any{"PolicyName": name, "PolicyDocument": j.text("PolicyDocument")}, "Path", j.text("Path"), "Description", j.text("Description"), "Tags", j.tagList()))
	if err != nil {
		return err
	}
	policy, _ := out["Policy"].(map[string]any)
	j.id = encodedText(policy["Arn"])
	j.attributes = map[string]string{"PolicyArn": j.id, "PolicyId": encodedText(policy["PolicyId"])}
	return j.everyPrincipal(j.properties, func(kind, of string) error { return j.attach(kind, of, j.id) })
}

func updatePolicy(j *job) error {
	if j.changed("PolicyDocument") {
		if err := j.newVersion(); err != nil {
			return err
		}
	}
	err := j.everyPrincipal(j.properties, func(kind, of string) error {
		if has(j.old, kind, of) {
			return nil
		}
		return j.attach(kind, of, j.id)
	})
	if err == nil {
		err = j.everyPrincipal(j.old, func(kind, of string) error {
			if has(j.properties, kind, of) {
				return nil
			}
			return j.detach(kind, of, j.id)
		})
	}
	if err != nil {
		return err
	}
	return j.retagged(tagging{"iam", "TagPolicy", "UntagPolicy", "PolicyArn", "Tags", "TagKeys", false}, j.id)
}

// newVersion makes a version of a managed policy, of which there are at most five.
func (j *job) newVersion() error {
	out, err := j.call("iam", "ListPolicyVersions", map[string]any{"PolicyArn": j.id})
	if err != nil {
		return err
	}
	versions := objects(out["Versions"])
	if len(versions) >= 5 {
		oldest := versions[len(versions)-1]
		if oldest["IsDefaultVersion"] == true {
			oldest = versions[0]
		}
		if err := j.do("iam", "DeletePolicyVersion", map[string]any{"PolicyArn": j.id, "VersionId": oldest["VersionId"]}); err != nil {
			return err
		}
	}
	return j.do("iam", "CreatePolicyVersion", map[string]any{"PolicyArn": j.id, "PolicyDocument": j.text("PolicyDocument"), "SetAsDefault": true})
}

func removePolicy(j *job) error {
	if err := j.everyPrincipal(j.properties, func(kind, of string) error { return j.detach(kind, of, j.id) }); err != nil {
		return err
	}
	out, err := j.call("iam", "ListPolicyVersions", map[string]any{"PolicyArn": j.id})
	if err != nil {
		return err
	}
	for _, v := range objects(out["Versions"]) {
		if v["IsDefaultVersion"] == true {
			continue
		}
		if err := j.do("iam", "DeletePolicyVersion", map[string]any{"PolicyArn": j.id, "VersionId": v["VersionId"]}); err != nil {
			return err
		}
	}
	return j.do("iam", "DeletePolicy", map[string]any{"PolicyArn": j.id})
}

// putPolicies puts an inline policy to all that the properties name.
func putPolicies(j *job) error {
	if j.id == "" {
		j.id = j.physical("", 128, false)
	}
	document, name := j.text("PolicyDocument"), j.text("PolicyName")
	if err := j.everyPrincipal(j.properties, func(kind, of string) error { return j.putInline(kind, of, name, document) }); err != nil {
		return err
	}
	before := encodedText(j.old["PolicyName"])
	return j.everyPrincipal(j.old, func(kind, of string) error {
		if before == name && has(j.properties, kind, of) {
			return nil
		}
		return j.deleteInline(kind, of, before)
	})
}

// inlineKind is the kind of one inline policy of a role, user or group.
func inlineKind(of string) *kind {
	put := func(j *job) error {
		j.id = j.text("PolicyName") + "|" + j.text(of+"Name")
		return j.putInline(of, j.text(of+"Name"), j.text("PolicyName"), j.text("PolicyDocument"))
	}
	return &kind{
		immutable: []string{"PolicyName", of + "Name"}, allows: []string{"PolicyDocument"}, create: put, update: put,
		remove: func(j *job) error { return j.deleteInline(of, j.text(of+"Name"), j.text("PolicyName")) },
	}
}

func createProfile(j *job) error {
	name := j.physical("InstanceProfileName", 128, false)
	out, err := j.call("iam", "CreateInstanceProfile", with(map[string]any{"InstanceProfileName": name}, "Path", j.text("Path")))
	if err != nil {
		return err
	}
	profile, _ := out["InstanceProfile"].(map[string]any)
	j.id = name
	j.attributes["Arn"] = encodedText(profile["Arn"])
	for _, role := range list(j.properties["Roles"]) {
		if err := j.do("iam", "AddRoleToInstanceProfile", map[string]any{"InstanceProfileName": name, "RoleName": lastOf(role, "/")}); err != nil {
			return err
		}
	}
	return nil
}

func updateProfile(j *job) error {
	for _, role := range list(j.old["Roles"]) {
		if !strings.Contains(encoded(j.properties["Roles"]), `"`+role+`"`) {
			if err := j.do("iam", "RemoveRoleFromInstanceProfile", map[string]any{"InstanceProfileName": j.id, "RoleName": role}); err != nil {
				return err
			}
		}
	}
	for _, role := range list(j.properties["Roles"]) {
		if !slices.Contains(list(j.old["Roles"]), role) {
			if err := j.do("iam", "AddRoleToInstanceProfile", map[string]any{"InstanceProfileName": j.id, "RoleName": role}); err != nil {
				return err
			}
		}
	}
	return nil
}
