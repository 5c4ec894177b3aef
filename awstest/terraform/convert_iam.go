package terraform

import "github.com/leastpriv/leastpriv/awstest/deploy"

func iamConverters() map[string]rule {
	attachment := func(kind, from string) rule {
		return rule{convert: func(c *conversion) { c.sets("PolicyArn", "policy_arn", kind, from) }}
	}
	inline := func(cfn, property, from string) rule {
		return rule{kind: cfn, convert: func(c *conversion) {
			c.sets("PolicyName", "name", property, from)
			c.policy("PolicyDocument", "policy")
		}}
	}
	nothing := rule{optional: true, convert: func(*conversion) {}}
	return map[string]rule{
		"aws_iam_role":                    {kind: "AWS::IAM::Role", name: "name", convert: convertRole},
		"aws_iam_user":                    {kind: "AWS::IAM::User", name: "name", convert: convertUser},
		"aws_iam_group":                   {kind: "AWS::IAM::Group", name: "name", convert: func(c *conversion) { c.sets("GroupName", "name", "Path", "path") }},
		"aws_iam_policy":                  {kind: "AWS::IAM::ManagedPolicy", name: "arn", convert: convertPolicy},
		"aws_iam_instance_profile":        {kind: "AWS::IAM::InstanceProfile", name: "name", convert: convertProfile},
		"aws_iam_openid_connect_provider": {kind: "AWS::IAM::OIDCProvider", name: "arn", convert: convertProvider},
		"aws_iam_service_linked_role":     {kind: "AWS::IAM::ServiceLinkedRole", convert: convertLinkedRole},
		"aws_iam_access_key":              {kind: "AWS::IAM::AccessKey", optional: true, convert: func(*conversion) {}},
		"aws_iam_role_policy":             inline("AWS::IAM::RolePolicy", "RoleName", "role"),
		"aws_iam_user_policy":             inline("AWS::IAM::UserPolicy", "UserName", "user"),
		"aws_iam_group_policy":            inline("AWS::IAM::GroupPolicy", "GroupName", "group"),
		"aws_iam_role_policy_attachment":  attachment("Roles", "role"),
		"aws_iam_user_policy_attachment":  attachment("Users", "user"),
		"aws_iam_group_policy_attachment": attachment("Groups", "group"),
		"aws_iam_policy_attachment": {convert: func(c *conversion) {
			c.sets("PolicyArn", "policy_arn", "Roles", "roles", "Users", "users", "Groups", "groups")
		}},
		"aws_iam_user_group_membership":    {convert: func(c *conversion) { c.sets("Users", "user", "Groups", "groups") }},
		"aws_iam_group_membership":         {convert: func(c *conversion) { c.sets("Groups", "group", "Users", "users") }},
		"aws_iam_role_policies_exclusive":  nothing,
		"aws_iam_user_policies_exclusive":  nothing,
		"aws_iam_group_policies_exclusive": nothing,
	}
}

func convertRole(c *conversion) {
	c.sets("RoleName", "name", "Path", "path", "Description", "description", "MaxSessionDuration", "max_session_duration", "PermissionsBoundary", "permissions_boundary")
	c.policy("AssumeRolePolicyDocument", "assume_role_policy")
	c.tags()
	if c.isSet("managed_policy_arns") {
		c.set("ManagedPolicyArns", "managed_policy_arns")
	}
	if !c.isSet("inline_policy") {
		return
	}
	var policies []any
	for i, inline := range c.objects("inline_policy") {
		name, _ := inline["name"].(string)
		text, _ := inline["policy"].(string)
		if text == "" || c.hasPolicy(name) {
			continue // a state shows those that are resources of their own here too
		}
		policies = append(policies, map[string]any{"PolicyName": name, "PolicyDocument": c.inlineDocument(i, text)})
	}
	if len(policies) > 0 {
		c.out.Properties["Policies"] = policies
	}
}

// hasPolicy reports whether an inline policy of the role is a resource of its own.
func (c *conversion) hasPolicy(name string) bool {
	for _, other := range c.scope.world.order {
		if other.kind == "aws_iam_role_policy" && other.values["role"] != nil && other.values["role"] == c.values["name"] && other.values["name"] == name {
			return true
		}
	}
	return false
}

// inlineDocument is the document of a block inline_policy.
func (c *conversion) inlineDocument(i int, text string) deploy.Document {
	if c.block != nil {
		at := 0
		for _, b := range c.block.Body.Blocks {
			if b.Type != "inline_policy" {
				continue
			}
			if at == i && b.Body.Attributes["policy"] != nil {
				return c.scope.world.document(c.instance, text, b.Body.Attributes["policy"].Expr)
			}
			at++
		}
	}
	return c.scope.world.document(c.instance, text, nil)
}

func convertUser(c *conversion) {
	c.sets("UserName", "name", "Path", "path", "PermissionsBoundary", "permissions_boundary")
	c.tags()
}

func convertPolicy(c *conversion) {
	c.sets("ManagedPolicyName", "name", "Path", "path", "Description", "description")
	c.policy("PolicyDocument", "policy")
	c.tags()
}

func convertProfile(c *conversion) {
	c.sets("InstanceProfileName", "name", "Path", "path", "Roles", "role")
	c.tags()
}

func convertProvider(c *conversion) {
	c.sets("Url", "url", "ClientIdList", "client_id_list")
	if c.isSet("thumbprint_list") {
		c.set("ThumbprintList", "thumbprint_list")
	}
	if url, ok := c.out.Properties["Url"].(string); ok && len(url) > 0 && c.shorn(url) {
		c.out.Properties["Url"] = "https://" + url // as a state has it
	}
	c.tags()
}

func (c *conversion) shorn(url string) bool { return len(url) < 8 || url[:8] != "https://" }

func convertLinkedRole(c *conversion) {
	c.sets("AWSServiceName", "aws_service_name", "CustomSuffix", "custom_suffix", "Description", "description")
}
