package apigateway

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) usageOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, getUsage),
		bind(s, updateUsage),
	}
}

// A meterKey says what is counted: the requests of a key of a plan, or those to a method.
type meterKey struct{ plan, key, stage, method string }

// A meter is a token bucket, and what was used on each day.
type meter struct {
	tokens float64
	at     time.Time
	days   map[string]int64
	extra  map[string]int64 // what was granted beyond the quota, by the first day of the period
}

// charge looks at the API key of a request, and at the throttles and quotas that hold for it.
func (s *Fake) charge(v *invocation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stage := aws.ToString(v.stage.StageName)
	if t, ok := methodThrottle(&v.stage, v.route.path, aws.ToString(v.method.HttpMethod)); ok {
		if !s.take(meterKey{plan: v.api, stage: stage, method: v.method2()}, t, v.call.Time) {
			return gatewayError(types.GatewayResponseTypeThrottled, textThrottled)
		}
	}
	required := aws.ToBool(v.method.ApiKeyRequired)
	value := v.header.Get("X-Api-Key")
	if v.design.keySource == types.ApiKeySourceTypeAuthorizer {
		value = ""
		if v.authorized != nil {
			value = v.authorized.usageKey
		}
	}
	if !required {
		return nil
	}
	bad := gatewayError(types.GatewayResponseTypeInvalidApiKey, textForbidden)
	k := s.keyOf(v.at, value)
	if k == nil || !k.info.Enabled {
		return bad
	}
	p, in := s.planOf(v, k, stage)
	if p == nil {
		return bad
	}
	v.apiKey = &k.info
	return s.use(v, p, k, in)
}

// method2 names the method of a request among the meters.
func (v *invocation) method2() string { return v.route.path + "/" + aws.ToString(v.method.HttpMethod) }

func (s *Fake) keyOf(at place, value string) *apiKey {
	a := s.places[at]
	if a == nil || value == "" {
		return nil
	}
	for _, id := range a.keys.keys {
		if k := a.keys.by[id]; aws.ToString(k.info.Value) == value {
			return k
		}
	}
	return nil
}

// planOf finds the usage plan by which a key opens a stage.
func (s *Fake) planOf(v *invocation, k *apiKey, stage string) (*usagePlan, *types.ApiStage) {
	for _, p := range s.places[v.at].plans.all() {
		if !slices.Contains(p.keys, *k.info.Id) {
			continue
		}
		for i := range p.info.ApiStages {
			if x := &p.info.ApiStages[i]; aws.ToString(x.ApiId) == v.api && aws.ToString(x.Stage) == stage {
				return p, x
			}
		}
	}
	return nil, nil
}

// use takes a request from what a key may use.
func (s *Fake) use(v *invocation, p *usagePlan, k *apiKey, in *types.ApiStage) error {
	now := v.call.Time
	key := meterKey{plan: *p.info.Id, key: *k.info.Id}
	throttled := gatewayError(types.GatewayResponseTypeThrottled, textThrottled)
	if t, ok := in.Throttle[v.method2()]; ok {
		limited := key
		limited.stage, limited.method = aws.ToString(in.Stage), v.method2()
		if !s.take(limited, t, now) {
			return throttled
		}
	}
	if p.info.Throttle != nil && !s.take(key, *p.info.Throttle, now) {
		return throttled
	}
	m := s.meter(key)
	if q := p.info.Quota; q != nil && q.Limit > 0 {
		from := periodOf(q.Period, now)
		used := int64(0)
		for day := from; !day.After(now); day = day.AddDate(0, 0, 1) {
			used += m.days[dayOf(day)]
		}
		limit := int64(q.Limit) + m.extra[dayOf(from)]
		if created := k.info.CreatedDate; created != nil && periodOf(q.Period, *created).Equal(from) {
			limit -= int64(q.Offset)
		}
		if used >= limit {
			return gatewayError(types.GatewayResponseTypeQuotaExceeded, textQuota)
		}
	}
	m.days[dayOf(now)]++
	return nil
}

func (s *Fake) meter(key meterKey) *meter {
	m := s.meters[key]
	if m == nil {
		m = &meter{days: make(map[string]int64), extra: make(map[string]int64)}
		s.meters[key] = m
	}
	return m
}

// take takes a token from the bucket of a throttle: it has burst tokens, and gets rate each second.
func (s *Fake) take(key meterKey, t types.ThrottleSettings, now time.Time) bool {
	if t.RateLimit == 0 && t.BurstLimit == 0 {
		return false
	}
	m := s.meter(key)
	burst := math.Max(float64(t.BurstLimit), 1)
	if m.at.IsZero() {
		m.tokens = burst
	} else if passed := now.Sub(m.at).Seconds(); passed > 0 {
		m.tokens = math.Min(burst, m.tokens+passed*t.RateLimit)
	}
	m.at = now
	if m.tokens < 1 {
		return false
	}
	m.tokens--
	return true
}

// methodThrottle is the throttle of a method in a stage; -1 is none.
func methodThrottle(stage *types.Stage, path, method string) (types.ThrottleSettings, bool) {
	setting, ok := stage.MethodSettings[path[1:]+"/"+method]
	if !ok {
		if setting, ok = stage.MethodSettings["*/*"]; !ok {
			return types.ThrottleSettings{}, false
		}
	}
	if setting.ThrottlingBurstLimit < 0 || setting.ThrottlingRateLimit < 0 {
		return types.ThrottleSettings{}, false
	}
	return types.ThrottleSettings{BurstLimit: setting.ThrottlingBurstLimit, RateLimit: setting.ThrottlingRateLimit}, true
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// periodOf is the first day of the period of a quota: weeks begin on Sunday.
func periodOf(period types.QuotaPeriodType, now time.Time) time.Time {
	now = now.UTC()
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	switch period {
	case types.QuotaPeriodTypeWeek:
		return day.AddDate(0, 0, -int(day.Weekday()))
	case types.QuotaPeriodTypeMonth:
		return day.AddDate(0, 0, 1-day.Day())
	}
	return day
}

// maxUsageDays is the longest range of days of GetUsage; unverified.
const maxUsageDays = 366

// getUsage tells what was used on each day, and what is left.
func getUsage(r *request, in *awsapigateway.GetUsageInput) (*awsapigateway.GetUsageOutput, error) {
	p := r.plans.get(aws.ToString(in.UsagePlanId))
	if p == nil {
		return nil, noPlan()
	}
	from, err := time.Parse(time.DateOnly, aws.ToString(in.StartDate))
	to, err2 := time.Parse(time.DateOnly, aws.ToString(in.EndDate))
	if err != nil || err2 != nil || to.Before(from) || to.Sub(from) > maxUsageDays*24*time.Hour {
		return nil, invalid("Invalid date range specified")
	}
	out := &awsapigateway.GetUsageOutput{UsagePlanId: p.info.Id, StartDate: in.StartDate, EndDate: in.EndDate, Items: map[string][][]int64{}}
	for _, id := range p.keys {
		if in.KeyId != nil && *in.KeyId != id {
			continue
		}
		out.Items[id] = r.fake.usageOf(p, id, from, to)
	}
	return out, nil
}

func (s *Fake) usageOf(p *usagePlan, key string, from, to time.Time) [][]int64 {
	m := s.meter(meterKey{plan: *p.info.Id, key: key})
	var rows [][]int64
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		left := int64(0)
		if q := p.info.Quota; q != nil {
			first := periodOf(q.Period, day)
			left = int64(q.Limit) + m.extra[dayOf(first)]
			for d := first; !d.After(day); d = d.AddDate(0, 0, 1) {
				left -= m.days[dayOf(d)]
			}
		}
		rows = append(rows, []int64{m.days[dayOf(day)], max(left, 0)})
	}
	return rows
}

// updateUsage sets what is left of the quota of a key in the period of today.
func updateUsage(r *request, in *awsapigateway.UpdateUsageInput) (*awsapigateway.UpdateUsageOutput, error) {
	p, k, err := r.planKey(in.UsagePlanId, in.KeyId)
	if err != nil {
		return nil, err
	}
	if p.info.Quota == nil {
		return nil, invalid("Usage plan has no quota")
	}
	now := r.fake.now()
	first := periodOf(p.info.Quota.Period, now)
	m := r.fake.meter(meterKey{plan: *p.info.Id, key: *k.info.Id})
	if err := apply(in.PatchOperations, []patch{{"/remaining", replaces, func(_ types.Op, _, value string) error {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 0 {
			return invalid(textPatchValue, value, "/remaining")
		}
		used := int64(0)
		for d := first; !d.After(now); d = d.AddDate(0, 0, 1) {
			used += m.days[dayOf(d)]
		}
		m.extra[dayOf(first)] = n + used - int64(p.info.Quota.Limit)
		return nil
	}}}); err != nil {
		return nil, err
	}
	day, _ := time.Parse(time.DateOnly, dayOf(now)) // it was written so
	return &awsapigateway.UpdateUsageOutput{
		UsagePlanId: p.info.Id, StartDate: aws.String(dayOf(now)), EndDate: aws.String(dayOf(now)), Items: map[string][][]int64{*k.info.Id: r.fake.usageOf(p, *k.info.Id, day, day)},
	}, nil
}
