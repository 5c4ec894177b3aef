package apigateway

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) keyOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createAPIKey),
		bind(s, getAPIKey),
		bind(s, getAPIKeys),
		bind(s, updateAPIKey),
		bind(s, deleteAPIKey),
	}
}

// An apiKey is an API key.
type apiKey struct{ info types.ApiKey }

// Limits of API keys ("Amazon API Gateway quotas").
const (
	maxKeys        = 10000
	minKeyLength   = 20
	maxKeyLength   = 128
	keyValueLength = 40
)

func noKey() error { return notFound("Invalid API Key identifier specified") }

func createAPIKey(r *request, in *awsapigateway.CreateApiKeyInput) (*awsapigateway.CreateApiKeyOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if r.keys.len() >= maxKeys {
		return nil, tooMany("API keys")
	}
	now := aws.Time(r.fake.now())
	k := &apiKey{*show[types.ApiKey](in)}
	k.info.Id = aws.String(r.World.IDs().Lower(apiIDLength))
	k.info.CreatedDate, k.info.LastUpdatedDate, k.info.StageKeys = now, now, []string{}
	if err := r.setKeyValue(k, in.Value); err != nil {
		return nil, err
	}
	for _, x := range in.StageKeys {
		a := r.area.apis.get(aws.ToString(x.RestApiId))
		if a == nil || a.stages.get(aws.ToString(x.StageName)) == nil {
			return nil, invalid("Invalid stage identifier specified")
		}
		k.info.StageKeys = append(k.info.StageKeys, a.id+"/"+*x.StageName)
	}
	r.keys.set(*k.info.Id, k)
	return show[awsapigateway.CreateApiKeyOutput](k.info), nil
}

// setKeyValue gives a key its value: no two keys of an account have one.
func (r *request) setKeyValue(k *apiKey, value *string) error {
	if value == nil {
		k.info.Value = aws.String(r.World.IDs().Name(keyValueLength))
		return nil
	}
	switch n := len(*value); {
	case n < minKeyLength:
		return invalid("API Key value should be at least 20 characters")
	case n > maxKeyLength:
		return invalid("API Key value exceeds maximum size of 128 characters")
	}
	for _, other := range r.keys.all() {
		if *other.info.Value == *value {
			return conflict(textKeyExists)
		}
	}
	k.info.Value = value
	return nil
}

func getAPIKey(r *request, in *awsapigateway.GetApiKeyInput) (*awsapigateway.GetApiKeyOutput, error) {
	k := r.keys.get(aws.ToString(in.ApiKey))
	if k == nil {
		return nil, noKey()
	}
	shown := k.info
	if !aws.ToBool(in.IncludeValue) {
		shown.Value = nil
	}
	return show[awsapigateway.GetApiKeyOutput](shown), nil
}

// getAPIKeys lists the newest first.
func getAPIKeys(r *request, in *awsapigateway.GetApiKeysInput) (*awsapigateway.GetApiKeysOutput, error) {
	all := slices.DeleteFunc(r.keys.all(), func(k *apiKey) bool {
		return !strings.HasPrefix(aws.ToString(k.info.Name), aws.ToString(in.NameQuery)) || in.CustomerId != nil && aws.ToString(k.info.CustomerId) != *in.CustomerId
	})
	slices.Reverse(all)
	items, next, err := paged(all, in.Position, in.Limit, func(k *apiKey) types.ApiKey {
		shown := k.info
		if !aws.ToBool(in.IncludeValues) {
			shown.Value = nil
		}
		return shown
	})
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetApiKeysOutput{Items: items, Position: next}, nil
}

func updateAPIKey(r *request, in *awsapigateway.UpdateApiKeyInput) (*awsapigateway.UpdateApiKeyOutput, error) {
	k := r.keys.get(aws.ToString(in.ApiKey))
	if k == nil {
		return nil, noKey()
	}
	changed := *k
	if err := apply(in.PatchOperations, []patch{
		{"/description", replaces, setText(&changed.info.Description)},
		{"/enabled", replaces, setBool(&changed.info.Enabled)},
		{"/name", replaces, setText(&changed.info.Name)},
		{"/customerId", replaces, setText(&changed.info.CustomerId)},
	}); err != nil {
		return nil, err
	}
	changed.info.LastUpdatedDate = aws.Time(r.fake.now())
	r.keys.set(*k.info.Id, &changed)
	shown := changed.info
	shown.Value = nil
	return show[awsapigateway.UpdateApiKeyOutput](shown), nil
}

func deleteAPIKey(r *request, in *awsapigateway.DeleteApiKeyInput) (*awsapigateway.DeleteApiKeyOutput, error) {
	k := r.keys.get(aws.ToString(in.ApiKey))
	if k == nil {
		return nil, noKey()
	}
	r.keys.delete(*k.info.Id)
	for _, p := range r.plans.all() {
		p.keys = slices.DeleteFunc(slices.Clone(p.keys), func(id string) bool { return id == *k.info.Id })
	}
	return &awsapigateway.DeleteApiKeyOutput{}, nil
}
