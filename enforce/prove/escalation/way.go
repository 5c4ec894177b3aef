package escalation

import "strings"

// A Way is a row of the table of what is looked for.
type Way struct {
	// Name has the permissions that it takes.
	Name string
	// Calls are the actions that it takes, in their order.
	Calls []string
	// Gain says what comes of it.
	Gain string
}

// edits change what an identity may do that is in the caller's hands.
func edits() []edit {
	return []edit{
		{way("the version put in force allows everything, to all that have the policy", "iam:CreatePolicyVersion"), newVersion},
		{way("what another version of a policy allows", "iam:SetDefaultPolicyVersion"), otherVersion},
		{way("everything, for the user", "iam:PutUserPolicy"), putInline},
		{way("everything, for the role", "iam:PutRolePolicy"), putInline},
		{way("everything, for the members of the group", "iam:PutGroupPolicy"), putGroupInline},
		{way("what a managed policy allows that may be attached", "iam:AttachUserPolicy"), attach},
		{way("the same for the role", "iam:AttachRolePolicy"), attach},
		{way("the same for the members of the group", "iam:AttachGroupPolicy"), attachGroup},
		{way("everything, by a new policy, where only the account's own may be attached", "iam:CreatePolicy", "iam:AttachUserPolicy"), attach},
		{way("the same for the role", "iam:CreatePolicy", "iam:AttachRolePolicy"), attach},
		{way("the same for the members of the group", "iam:CreatePolicy", "iam:AttachGroupPolicy"), attachGroup},
		{way("what the group may do", "iam:AddUserToGroup"), addToGroup},
		{way("what a Deny of the group took", "iam:RemoveUserFromGroup"), leaveGroup},
		{way("what the boundary took", "iam:DeleteUserPermissionsBoundary"), deleteBoundary},
		{way("what the boundary took", "iam:DeleteRolePermissionsBoundary"), deleteBoundary},
		{way("what the boundary took and another one leaves", "iam:PutUserPermissionsBoundary"), putBoundary},
		{way("what the boundary took and another one leaves", "iam:PutRolePermissionsBoundary"), putBoundary},
		{way("what a Deny of the inline policy took", "iam:DeleteUserPolicy"), deleteInline},
		{way("what a Deny of the inline policy took", "iam:DeleteRolePolicy"), deleteInline},
		{way("what a Deny of the inline policy took from the members", "iam:DeleteGroupPolicy"), deleteGroupInline},
		{way("what a Deny of the managed policy took", "iam:DetachUserPolicy"), detach},
		{way("what a Deny of the managed policy took", "iam:DetachRolePolicy"), detach},
		{way("what a Deny of the managed policy took from the members", "iam:DetachGroupPolicy"), detachGroup},
		{way("what the service control policies took from an account, by the management account", "organizations:UpdatePolicy"), freeAccount},
		{way("the same", "organizations:DetachPolicy"), freeAccount},
		{way("unknown: what policies give to tags", "iam:TagUser"), tagIdentity},
		{way("unknown: what policies give to tags", "iam:TagRole"), tagIdentity},
		{way("unknown: what policies give to a user of another name", "iam:UpdateUser"), rename},
	}
}

// becomes act as another identity.
func becomes() []become {
	return []become{
		{way("the role, also of another account", "sts:AssumeRole"), assumeRole},
		{way("the role, whose trust policy admits the caller then", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"), updateTrust},
		{way("the user", "iam:CreateAccessKey"), credentials},
		{way("the user, in the console", "iam:CreateLoginProfile"), credentials},
		{way("the user, in the console", "iam:UpdateLoginProfile"), credentials},
		{way("what the user may do in CodeCommit, Amazon Keyspaces and Amazon Bedrock", "iam:CreateServiceSpecificCredential"), credentials},
		{way("what the user may do in CodeCommit", "iam:UploadSSHPublicKey"), credentials},
		{way("unknown: which services still take signing certificates", "iam:UploadSigningCertificate"), signing},
		{way("the roles that trust the identity provider", "iam:UpdateSAMLProvider"), provider},
		{way("unknown: the roles that trust the identity provider, if its issuer or another one vouches for the caller then", "iam:AddClientIDToOpenIDConnectProvider"), issuer},
		{way("the same", "iam:UpdateOpenIDConnectProviderThumbprint"), issuer},
		{way("the same, where the provider is to be made yet", "iam:CreateOpenIDConnectProvider"), issuer},
		{way("the same", "iam:CreateSAMLProvider"), issuer},
		{way("everything, as far as a boundary that must be given lets it", "iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole"), newRole},
		{way("the same", "iam:CreateRole", "iam:AttachRolePolicy", "sts:AssumeRole"), newRole},
		{way("the same", "iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"), newUser},
		{way("the same", "iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"), newUser},
	}
}

func way(gain string, calls ...string) Way {
	return Way{Name: strings.Join(calls, ", "), Calls: calls, Gain: gain}
}

// Ways returns the table of what is looked for.
func Ways() []Way {
	var all []Way
	t := newTables()
	for i := range t.edits {
		all = append(all, t.edits[i].Way)
	}
	for i := range t.becomes {
		all = append(all, t.becomes[i].Way)
	}
	for i := range t.services {
		v := &t.services[i]
		gain := "code of the caller's runs as a role that trusts " + v.passed
		if v.only != nil {
			gain = "calls of " + strings.Join(v.only, ", ") + " as a role that trusts " + v.passed
		}
		all = append(all, Way{Name: v.name(), Calls: append([]string{"iam:PassRole"}, v.actions()...), Gain: gain})
	}
	for i := range t.runnings {
		v := &t.runnings[i]
		all = append(all, Way{Name: v.name(), Calls: v.calls, Gain: "the role of what runs: " + v.service + " " + strings.Trim(v.kind, ":/")})
	}
	for _, action := range []string{"ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"} {
		all = append(all, Way{Name: "iam:PassRole, " + action, Calls: []string{"iam:PassRole", action}, Gain: "a role that trusts " + ec2 + ", on an instance that can be entered"})
	}
	for i := range t.rewritings {
		v := &t.rewritings[i]
		all = append(all, Way{Name: v.action, Calls: []string{v.action}, Gain: v.gain + " on the resource"})
	}
	return all
}
