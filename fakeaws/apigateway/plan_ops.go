package apigateway

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) planOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createUsagePlan),
		bind(s, getUsagePlan),
		bind(s, getUsagePlans),
		bind(s, updateUsagePlan),
		bind(s, deleteUsagePlan),
		bind(s, createUsagePlanKey),
		bind(s, getUsagePlanKey),
		bind(s, getUsagePlanKeys),
		bind(s, deleteUsagePlanKey),
	}
}

// A usagePlan says how much the holders of its API keys may use the stages of APIs.
type usagePlan struct {
	info types.UsagePlan
	keys []string // ids of API keys, the oldest first
}

// maxPlans is how many usage plans an account has in a region.
const maxPlans = 300

func noPlan() error { return notFound("Invalid Usage Plan ID specified") }

func createUsagePlan(r *request, in *awsapigateway.CreateUsagePlanInput) (*awsapigateway.CreateUsagePlanOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if r.plans.len() >= maxPlans {
		return nil, tooMany("usage plans")
	}
	p := &usagePlan{info: *show[types.UsagePlan](in)}
	p.info.Id = aws.String(r.World.IDs().Lower(otherIDLength))
	if p.info.ApiStages == nil {
		p.info.ApiStages = []types.ApiStage{}
	}
	if err := r.checkPlan(p); err != nil {
		return nil, err
	}
	r.plans.set(*p.info.Id, p)
	return show[awsapigateway.CreateUsagePlanOutput](p.info), nil
}

func (r *request) checkPlan(p *usagePlan) error {
	if aws.ToString(p.info.Name) == "" {
		return invalid("Usage Plan name cannot be empty")
	}
	seen := map[string]bool{}
	for _, x := range p.info.ApiStages {
		a := r.area.apis.get(aws.ToString(x.ApiId))
		if a == nil || a.stages.get(aws.ToString(x.Stage)) == nil {
			return notFound("API Stage not found: %s:%s", aws.ToString(x.ApiId), aws.ToString(x.Stage))
		}
		at := a.id + ":" + *x.Stage
		if seen[at] {
			return invalid("Duplicate API Stage: %s", at)
		}
		seen[at] = true
	}
	if q := p.info.Quota; q != nil {
		if !slices.Contains(q.Period.Values(), q.Period) {
			return invalid("Usage Plan quota period must be one of: [DAY, WEEK, MONTH]")
		}
		if q.Limit < 0 || q.Offset < 0 {
			return invalid("Usage Plan quota limit and offset must be zero or positive")
		}
	}
	return nil
}

func getUsagePlan(r *request, in *awsapigateway.GetUsagePlanInput) (*awsapigateway.GetUsagePlanOutput, error) {
	p := r.plans.get(aws.ToString(in.UsagePlanId))
	if p == nil {
		return nil, noPlan()
	}
	return show[awsapigateway.GetUsagePlanOutput](p.info), nil
}

func getUsagePlans(r *request, in *awsapigateway.GetUsagePlansInput) (*awsapigateway.GetUsagePlansOutput, error) {
	all := slices.DeleteFunc(r.plans.all(), func(p *usagePlan) bool { return in.KeyId != nil && !slices.Contains(p.keys, *in.KeyId) })
	items, next, err := paged(all, in.Position, in.Limit, func(p *usagePlan) types.UsagePlan { return p.info })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetUsagePlansOutput{Items: items, Position: next}, nil
}

func updateUsagePlan(r *request, in *awsapigateway.UpdateUsagePlanInput) (*awsapigateway.UpdateUsagePlanOutput, error) {
	p := r.plans.get(aws.ToString(in.UsagePlanId))
	if p == nil {
		return nil, noPlan()
	}
	changed := *p
	changed.info.ApiStages = slices.Clone(p.info.ApiStages)
	throttle, quota := types.ThrottleSettings{}, types.QuotaSettings{}
	if p.info.Throttle != nil {
		throttle = *p.info.Throttle
	}
	if p.info.Quota != nil {
		quota = *p.info.Quota
	}
	throttled := func(set func(types.Op, string, string) error) func(types.Op, string, string) error {
		return func(op types.Op, name, value string) error {
			changed.info.Throttle = &throttle
			return set(op, name, value)
		}
	}
	limited := func(set func(types.Op, string, string) error) func(types.Op, string, string) error {
		return func(op types.Op, name, value string) error {
			changed.info.Quota = &quota
			return set(op, name, value)
		}
	}
	if err := apply(in.PatchOperations, []patch{
		{"/name", replaces, setText(&changed.info.Name)},
		{"/description", removes, setFilled(&changed.info.Description)},
		{"/productCode", removes, setFilled(&changed.info.ProductCode)},
		{"/apiStages", members, changed.setStage},
		{"/apiStages/*", anyOp, changed.setStageThrottle},
		{"/throttle", []types.Op{types.OpRemove}, func(types.Op, string, string) error { changed.info.Throttle = nil; return nil }},
		{"/throttle/burstLimit", puts, throttled(setInt(&throttle.BurstLimit, "/throttle/burstLimit"))},
		{"/throttle/rateLimit", puts, throttled(setFloat(&throttle.RateLimit, "/throttle/rateLimit"))},
		{"/quota", []types.Op{types.OpRemove}, func(types.Op, string, string) error { changed.info.Quota = nil; return nil }},
		{"/quota/limit", puts, limited(setInt(&quota.Limit, "/quota/limit"))},
		{"/quota/offset", puts, limited(setInt(&quota.Offset, "/quota/offset"))},
		{"/quota/period", puts, limited(setEnum(&quota.Period, quota.Period.Values(), "/quota/period"))},
	}); err != nil {
		return nil, err
	}
	if err := r.checkPlan(&changed); err != nil {
		return nil, err
	}
	r.plans.set(*p.info.Id, &changed)
	return show[awsapigateway.UpdateUsagePlanOutput](changed.info), nil
}

// setStage adds a stage to a plan or removes it: the value is "api:stage".
func (p *usagePlan) setStage(op types.Op, _, value string) error {
	id, name, ok := strings.Cut(value, ":")
	if !ok {
		return invalid(textPatchValue, value, "/apiStages")
	}
	n := len(p.info.ApiStages)
	p.info.ApiStages = slices.DeleteFunc(p.info.ApiStages, func(x types.ApiStage) bool { return aws.ToString(x.ApiId) == id && aws.ToString(x.Stage) == name })
	if op == types.OpAdd {
		if len(p.info.ApiStages) < n {
			return conflict("Usage plan already has the API stage %s", value)
		}
		p.info.ApiStages = append(p.info.ApiStages, types.ApiStage{ApiId: &id, Stage: &name})
	}
	return nil
}

// setStageThrottle limits a method of a stage: the path is api:stage/throttle/path/METHOD and the
// limit, or none of it.
func (p *usagePlan) setStageThrottle(op types.Op, name, value string) error {
	where, rest, ok := strings.Cut(name, "/throttle")
	id, stage, _ := strings.Cut(where, ":")
	i := slices.IndexFunc(p.info.ApiStages, func(x types.ApiStage) bool { return aws.ToString(x.ApiId) == id && aws.ToString(x.Stage) == stage })
	if !ok || i < 0 {
		return invalid("Invalid patch path %s", "/apiStages/"+name)
	}
	all := make(map[string]types.ThrottleSettings)
	for k, v := range p.info.ApiStages[i].Throttle {
		all[k] = v
	}
	key := strings.TrimPrefix(rest, "/")
	switch {
	case rest == "" && op == types.OpRemove:
		all = nil
	case rest == "":
		if err := json.Unmarshal([]byte(value), &all); err != nil {
			return invalid(textPatchValue, value, "/apiStages/"+name)
		}
	case op == types.OpRemove:
		delete(all, key)
	default:
		limit, isBurst := strings.CutSuffix(key, "/burstLimit")
		if !isBurst {
			if limit, ok = strings.CutSuffix(key, "/rateLimit"); !ok {
				return invalid("Invalid patch path %s", "/apiStages/"+name)
			}
		}
		t := all[limit]
		set := setFloat(&t.RateLimit, "/apiStages/"+name)
		if isBurst {
			set = setInt(&t.BurstLimit, "/apiStages/"+name)
		}
		if err := set(op, "", value); err != nil {
			return err
		}
		all[limit] = t
	}
	p.info.ApiStages[i].Throttle = all
	return nil
}

func deleteUsagePlan(r *request, in *awsapigateway.DeleteUsagePlanInput) (*awsapigateway.DeleteUsagePlanOutput, error) {
	p := r.plans.get(aws.ToString(in.UsagePlanId))
	if p == nil {
		return nil, noPlan()
	}
	if len(p.info.ApiStages) > 0 {
		return nil, invalid(textPlanUsed)
	}
	r.plans.delete(*p.info.Id)
	return &awsapigateway.DeleteUsagePlanOutput{}, nil
}

func (k *apiKey) inPlan() types.UsagePlanKey {
	return types.UsagePlanKey{Id: k.info.Id, Name: k.info.Name, Type: aws.String("API_KEY"), Value: k.info.Value}
}

func createUsagePlanKey(r *request, in *awsapigateway.CreateUsagePlanKeyInput) (*awsapigateway.CreateUsagePlanKeyOutput, error) {
	p := r.plans.get(aws.ToString(in.UsagePlanId))
	if p == nil {
		return nil, noPlan()
	}
	if aws.ToString(in.KeyType) != "API_KEY" {
		return nil, invalid("Invalid key type specified. Must be one of: [API_KEY]")
	}
	k := r.keys.get(aws.ToString(in.KeyId))
	if k == nil {
		return nil, noKey()
	}
	if slices.Contains(p.keys, *k.info.Id) {
		return nil, conflict("Usage Plan Key already exists for this Usage Plan")
	}
	p.keys = append(slices.Clone(p.keys), *k.info.Id)
	return show[awsapigateway.CreateUsagePlanKeyOutput](k.inPlan()), nil
}

// planKey finds a key of a plan.
func (r *request) planKey(plan, key *string) (*usagePlan, *apiKey, error) {
	p := r.plans.get(aws.ToString(plan))
	if p == nil {
		return nil, nil, noPlan()
	}
	if k := r.keys.get(aws.ToString(key)); k != nil && slices.Contains(p.keys, *k.info.Id) {
		return p, k, nil
	}
	return nil, nil, notFound(textNoPlanKey)
}

func getUsagePlanKey(r *request, in *awsapigateway.GetUsagePlanKeyInput) (*awsapigateway.GetUsagePlanKeyOutput, error) {
	_, k, err := r.planKey(in.UsagePlanId, in.KeyId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetUsagePlanKeyOutput](k.inPlan()), nil
}

// getUsagePlanKeys lists the newest first, and none of a plan that there is not.
func getUsagePlanKeys(r *request, in *awsapigateway.GetUsagePlanKeysInput) (*awsapigateway.GetUsagePlanKeysOutput, error) {
	var all []*apiKey
	if p := r.plans.get(aws.ToString(in.UsagePlanId)); p != nil {
		for _, id := range slices.Backward(p.keys) {
			if k := r.keys.get(id); k != nil && strings.HasPrefix(aws.ToString(k.info.Name), aws.ToString(in.NameQuery)) {
				all = append(all, k)
			}
		}
	}
	items, next, err := paged(all, in.Position, in.Limit, (*apiKey).inPlan)
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetUsagePlanKeysOutput{Items: items, Position: next}, nil
}

func deleteUsagePlanKey(r *request, in *awsapigateway.DeleteUsagePlanKeyInput) (*awsapigateway.DeleteUsagePlanKeyOutput, error) {
	p, k, err := r.planKey(in.UsagePlanId, in.KeyId)
	if err != nil {
		return nil, err
	}
	p.keys = slices.DeleteFunc(slices.Clone(p.keys), func(id string) bool { return id == *k.info.Id })
	return &awsapigateway.DeleteUsagePlanKeyOutput{}, nil
}
