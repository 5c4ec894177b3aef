package awstest

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

func kmsMakers() map[string]maker {
	return map[string]maker{
		"AWS::KMS::Key":   {making: makeKey, guarding: guardKey},
		"AWS::KMS::Alias": {attaching: aliasKey},
	}
}

func makeKey(p *properties) {
	p.knows("KeyPolicy", "Description", "Enabled", "EnableKeyRotation", "KeySpec", "KeyUsage", "MultiRegion", "Origin", "PendingWindowInDays", "RotationPeriodInDays", "BypassPolicyLockoutSafetyCheck", "Tags")
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
	if !ok || doc == nil {
		return
	}
	policy, err := enforce.Parse(doc.text, enforce.KeyPolicy, doc.source)
	if err == nil {
		err = key.key.SetPolicy(policy)
	}
	if err != nil {
		p.problem("the key policy: %s", doc.explain(err))
	}
}

func aliasKey(p *properties) {
	p.knows("AliasName", "TargetKeyId")
	a := p.account()
	id := p.text("TargetKeyId")
	key, err := a.world.Keys().Find(a.ID(), a.Region(), id[strings.LastIndexByte(id, '/')+1:])
	if err != nil {
		p.problem("TargetKeyId: %v", err)
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
