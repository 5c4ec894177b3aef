package awstest

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func kmsMakers() map[string]maker {
	return map[string]maker{
		"AWS::KMS::Key":   {making: makeKey, guarding: guardKey},
		"AWS::KMS::Alias": {attaching: aliasKey},
		// Terraform has the policy of a key as a resource too.
		"aws_kms_key_policy": {guarding: guardKeyByID},
	}
}

func makeKey(p *properties) {
	p.knows("KeyPolicy", "Description", "Enabled", "EnableKeyRotation", "KeySpec", "KeyUsage", "MultiRegion", "Origin", "PendingWindowInDays", "RotationPeriodInDays", "BypassPolicyLockoutSafetyCheck", "Tags")
	if p.Properties["Enabled"] != nil && !p.isTrue("Enabled") {
		p.problem("a key that is not enabled is not understood: what is encrypted with it would be readable")
		return
	}
	a := p.account()
	key, err := a.world.Keys().CreateWithID(a.ID(), a.Region(), p.Name, nil)
	if err != nil {
		p.problem("%v", err)
		return
	}
	p.deployment.made[p.Address] = &Key{kms: a.KMS(), key: key}
}

func guardKey(p *properties) {
	key, ok := p.deployment.made[p.Address].(*Key)
	doc := p.policyOf(p.Properties["KeyPolicy"], enforce.KeyPolicy)
	if ok && doc != nil {
		p.setKeyPolicy(key.key, doc)
	}
}

// guardKeyByID sets the policy of the key that the properties name.
func guardKeyByID(p *properties) {
	p.knows("KeyId", "KeyPolicy")
	key, doc := p.key("KeyId"), p.policyOf(p.Properties["KeyPolicy"], enforce.KeyPolicy)
	if doc == nil {
		p.problem("the policy of a key has a KeyPolicy")
	}
	if key != nil && doc != nil {
		p.setKeyPolicy(key, doc)
	}
}

func (p *properties) setKeyPolicy(key *fakeaws.Key, doc *document) {
	policy, err := enforce.Parse(doc.text, enforce.KeyPolicy, doc.source)
	if err == nil {
		err = key.SetPolicy(policy)
	}
	if err != nil {
		p.problem("the key policy: %s", doc.explain(err))
		return
	}
	p.account().placeKeyPolicy(key, doc)
}

func aliasKey(p *properties) {
	p.knows("AliasName", "TargetKeyId")
	key := p.key("TargetKeyId")
	if key == nil {
		return
	}
	alias := p.text("AliasName")
	key.SetAlias(alias)
	for _, made := range p.deployment.made {
		if k, ok := made.(*Key); ok && k.key == key {
			k.alias = alias
		}
	}
}

// key returns the key that a property names by its id or ARN.
func (p *properties) key(name string) *fakeaws.Key {
	a, id := p.account(), p.text(name)
	key, err := a.world.Keys().Find(a.ID(), a.Region(), id[strings.LastIndexByte(id, '/')+1:])
	if err != nil {
		p.problem("%s: %v", name, err)
		return nil
	}
	return key
}
