package cloudformation

import (
	"encoding/json"
	"maps"
)

var secretKinds = map[string]*kind{
	"AWS::KMS::Key": {
		immutable: []string{"KeySpec", "KeyUsage", "MultiRegion", "Origin"}, tags: "list",
		allows: []string{"BypassPolicyLockoutSafetyCheck", "Description", "Enabled", "EnableKeyRotation", "KeyPolicy", "PendingWindowInDays", "RotationPeriodInDays"},
		create: createKey, update: updateKey,
		remove: func(j *job) error {
			return j.do("kms", "ScheduleKeyDeletion", with(map[string]any{"KeyId": j.id}, "PendingWindowInDays", j.properties["PendingWindowInDays"]))
		},
	},
	"AWS::KMS::Alias": {
		name: "AliasName", allows: []string{"TargetKeyId"},
		create: func(j *job) error {
			j.id = j.text("AliasName")
			return j.do("kms", "CreateAlias", map[string]any{"AliasName": j.id, "TargetKeyId": j.text("TargetKeyId")})
		},
		update: func(j *job) error {
			return j.do("kms", "UpdateAlias", map[string]any{"AliasName": j.id, "TargetKeyId": j.text("TargetKeyId")})
		},
		remove: func(j *job) error { return j.do("kms", "DeleteAlias", map[string]any{"AliasName": j.id}) },
	},
	"AWS::SecretsManager::Secret": {
		name: "Name", tags: "list", allows: []string{"Description", "GenerateSecretString", "KmsKeyId", "SecretString"},
		create: createSecret, update: updateSecret,
		remove: func(j *job) error {
			return j.do("secretsmanager", "DeleteSecret", map[string]any{"SecretId": j.id, "ForceDeleteWithoutRecovery": true})
		},
	},
	"AWS::SecretsManager::ResourcePolicy": {
		immutable: []string{"SecretId"}, allows: []string{"BlockPublicPolicy", "ResourcePolicy"}, create: putSecretPolicy, update: putSecretPolicy,
		remove: func(j *job) error {
			return j.do("secretsmanager", "DeleteResourcePolicy", map[string]any{"SecretId": j.id})
		},
	},
}

func createKey(j *job) error {
	params := with(j.pick("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin", "BypassPolicyLockoutSafetyCheck"), "Policy", j.text("KeyPolicy"), "Tags", asList(j.ownTags(), "TagKey", "TagValue"))
	out, err := j.call("kms", "CreateKey", params)
	if err != nil {
		return err
	}
	key := objectOf(out["KeyMetadata"])
	j.id = encodedText(key["KeyId"])
	j.attributes = map[string]string{"Arn": encodedText(key["Arn"]), "KeyId": j.id}
	if j.isTrue("EnableKeyRotation") {
		if err := j.rotate(); err != nil {
			return err
		}
	}
	if j.properties["Enabled"] != nil && !j.isTrue("Enabled") {
		return j.do("kms", "DisableKey", map[string]any{"KeyId": j.id})
	}
	return nil
}

func (j *job) rotate() error {
	return j.do("kms", "EnableKeyRotation", with(map[string]any{"KeyId": j.id}, "RotationPeriodInDays", j.properties["RotationPeriodInDays"]))
}

func updateKey(j *job) error {
	if j.changed("Description") {
		if err := j.do("kms", "UpdateKeyDescription", map[string]any{"KeyId": j.id, "Description": j.text("Description")}); err != nil {
			return err
		}
	}
	if j.changed("KeyPolicy") {
		if j.properties["KeyPolicy"] == nil {
			return notImplemented("an update that takes KeyPolicy of AWS::KMS::Key away")
		}
		params := map[string]any{"KeyId": j.id, "PolicyName": "default", "Policy": j.text("KeyPolicy"), "BypassPolicyLockoutSafetyCheck": j.properties["BypassPolicyLockoutSafetyCheck"]}
		if err := j.do("kms", "PutKeyPolicy", params); err != nil {
			return err
		}
	}
	if j.changed("EnableKeyRotation", "RotationPeriodInDays") {
		change := func() error { return j.do("kms", "DisableKeyRotation", map[string]any{"KeyId": j.id}) }
		if j.isTrue("EnableKeyRotation") {
			change = j.rotate
		}
		if err := change(); err != nil {
			return err
		}
	}
	if j.changed("Enabled") {
		operation := "DisableKey"
		if j.properties["Enabled"] == nil || j.isTrue("Enabled") {
			operation = "EnableKey"
		}
		if err := j.do("kms", operation, map[string]any{"KeyId": j.id}); err != nil {
			return err
		}
	}
	set, removed := j.retag()
	if len(removed) > 0 {
		if err := j.do("kms", "UntagResource", map[string]any{"KeyId": j.id, "TagKeys": removed}); err != nil {
			return err
		}
	}
	if len(set) > 0 {
		return j.do("kms", "TagResource", map[string]any{"KeyId": j.id, "Tags": asList(set, "TagKey", "TagValue")})
	}
	return nil
}

// generated is a secret that GenerateSecretString asks for: Secrets Manager makes the password.
func (j *job) generated() (string, error) {
	params := maps.Clone(objectOf(j.properties["GenerateSecretString"]))
	template, key := encodedText(params["SecretStringTemplate"]), encodedText(params["GenerateStringKey"])
	delete(params, "SecretStringTemplate")
	delete(params, "GenerateStringKey")
	if params["PasswordLength"] == nil {
		params["PasswordLength"] = "32"
	}
	out, err := j.call("secretsmanager", "GetRandomPassword", params)
	if err != nil {
		return "", err
	}
	password := encodedText(out["RandomPassword"])
	if key == "" {
		return password, nil
	}
	object := map[string]any{}
	if err := json.Unmarshal([]byte(template), &object); err != nil {
		return "", invalid("SecretStringTemplate is not a valid JSON structure") // unverified
	}
	object[key] = password
	return encoded(object), nil
}

func createSecret(j *job) error {
	name := j.physical("Name", 512, false)
	if j.text("Name") == "" {
		name = j.logical + "-" + j.s.world.IDs().Name(12) // the name of the stack is not in it
	}
	params := with(map[string]any{"Name": name}, "Description", j.text("Description"), "KmsKeyId", j.text("KmsKeyId"), "SecretString", j.text("SecretString"), "Tags", j.tagList())
	if j.properties["GenerateSecretString"] != nil {
		text, err := j.generated()
		if err != nil {
			return err
		}
		params["SecretString"] = text
	}
	out, err := j.call("secretsmanager", "CreateSecret", params)
	if err != nil {
		return err
	}
	j.id = encodedText(out["ARN"])
	j.attributes["Id"] = j.id
	return nil
}

func updateSecret(j *job) error {
	params := map[string]any{"SecretId": j.id}
	if j.changed("Description") {
		params["Description"] = j.text("Description")
	}
	if j.changed("KmsKeyId") {
		params["KmsKeyId"] = j.text("KmsKeyId")
	}
	switch {
	case j.changed("SecretString") && j.properties["SecretString"] != nil:
		params["SecretString"] = j.text("SecretString")
	case j.changed("GenerateSecretString") && j.properties["GenerateSecretString"] != nil:
		text, err := j.generated()
		if err != nil {
			return err
		}
		params["SecretString"] = text
	}
	if len(params) > 1 {
		if err := j.do("secretsmanager", "UpdateSecret", params); err != nil {
			return err
		}
	}
	return j.retagged(tagging{"secretsmanager", "TagResource", "UntagResource", "SecretId", "Tags", "TagKeys", false}, j.id)
}

func putSecretPolicy(j *job) error {
	j.id = j.text("SecretId")
	return j.do("secretsmanager", "PutResourcePolicy", with(map[string]any{"SecretId": j.id, "ResourcePolicy": j.text("ResourcePolicy")}, "BlockPublicPolicy", j.properties["BlockPublicPolicy"]))
}
