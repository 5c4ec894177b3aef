package lambda

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

func (s *Fake) aliasOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAlias),
		fakeaws.Bind(s.getAlias),
		fakeaws.Bind(s.updateAlias),
		fakeaws.Bind(s.deleteAlias),
		fakeaws.Bind(s.listAliases),
	}
}

// An alias is a name for a version, or for two that share the invocations.
type alias struct {
	types.AliasConfiguration
	// shares counts in how far the second version is behind its share: see choose.
	shares float64
}

// routes reports whether an alias routes to a version besides its own.
func (a *alias) routes(number string) bool {
	if a.RoutingConfig == nil {
		return false
	}
	_, ok := a.RoutingConfig.AdditionalVersionWeights[number]
	return ok
}

// choose returns the version that the next invocation of an alias gets. AWS draws lots; here
// the second version gets its share in turn, so that tests find the same in every run.
func (a *alias) choose() string {
	if a.RoutingConfig != nil {
		for number, weight := range a.RoutingConfig.AdditionalVersionWeights {
			a.shares += weight
			const whole = 1 - 1e-9 // weights are binary fractions
			if a.shares >= whole {
				a.shares--
				return number
			}
		}
	}
	return *a.FunctionVersion
}

// createAlias makes an alias.
func (s *Fake) createAlias(call *fakeaws.Call, in *awslambda.CreateAliasInput) (*fakeaws.Plan[*awslambda.CreateAliasOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.CreateAliasOutput, error) {
		arn := reference{t.id, *in.Name}.arn()
		if t.aliases[*in.Name] != nil {
			return nil, conflict("Alias already exists: " + arn)
		}
		if err := checkCount(in.RoutingConfig); err != nil {
			return nil, err
		}
		a := &alias{AliasConfiguration: types.AliasConfiguration{
			AliasArn: &arn, Name: in.Name, Description: aws.String(aws.ToString(in.Description)), FunctionVersion: in.FunctionVersion,
			RoutingConfig: routing(in.RoutingConfig), RevisionId: aws.String(s.world.IDs().UUID()),
		}}
		if err := t.checkAlias(&a.AliasConfiguration); err != nil {
			return nil, err
		}
		t.aliases[*in.Name] = a
		return output[awslambda.CreateAliasOutput](a.AliasConfiguration), nil
	})
}

// routing copies the weights of an alias; nil where there are none.
func routing(c *types.AliasRoutingConfiguration) *types.AliasRoutingConfiguration {
	if c == nil || len(c.AdditionalVersionWeights) == 0 {
		return nil
	}
	return &types.AliasRoutingConfiguration{AdditionalVersionWeights: maps.Clone(c.AdditionalVersionWeights)}
}

// maxWeights is how many weights are looked at one by one. An alias has one; that AWS says so of
// more at once is unverified.
const maxWeights = 100

// checkCount refuses more weights than that.
func checkCount(c *types.AliasRoutingConfiguration) error {
	if c != nil && len(c.AdditionalVersionWeights) > maxWeights {
		return invalidParameter(textManyWeights)
	}
	return nil
}

// checkWeights refuses weights as Lambda's front end does.
func checkWeights(c *types.AliasRoutingConfiguration) error {
	if c == nil {
		return nil
	}
	const at = " at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
	names := slices.Sorted(maps.Keys(c.AdditionalVersionWeights))
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = name + "=" + weightText(c.AdditionalVersionWeights[name])
	}
	value := "1 validation error detected: Value '{" + strings.Join(shown, ", ") + "}'" + at
	for _, name := range names {
		if weight := c.AdditionalVersionWeights[name]; !(weight >= 0 && weight <= 1) {
			return validation(value + "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]")
		}
		if !awsid.IsDigits(name) || len(name) > 1024 {
			return validation(value + "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]")
		}
	}
	return nil
}

// weightText is a number as Java writes it.
func weightText(w float64) string {
	if w == math.Trunc(w) && math.Abs(w) < 1e7 {
		return strconv.FormatFloat(w, 'f', 1, 64)
	}
	return strconv.FormatFloat(w, 'g', -1, 64)
}

// checkAlias refuses an alias of versions that there are not.
func (t *target) checkAlias(a *types.AliasConfiguration) error {
	if err := checkWeights(a.RoutingConfig); err != nil {
		return err
	}
	if a.RoutingConfig != nil && len(a.RoutingConfig.AdditionalVersionWeights) > 1 {
		return invalidParameter(textManyWeights)
	}
	if a.RoutingConfig != nil && *a.FunctionVersion == latestVersion {
		return invalidParameter(textLatestWeights)
	}
	if t.numbered(a.FunctionVersion) == nil {
		return functionNotFound(reference{t.id, *a.FunctionVersion}.arn())
	}
	if a.RoutingConfig == nil {
		return nil
	}
	for number := range a.RoutingConfig.AdditionalVersionWeights {
		if number == *a.FunctionVersion {
			return invalidParameter("Invalid function version " + number + ". Function version " + number + " is already included in routing configuration.")
		}
		if t.numbered(&number) == nil {
			return functionNotFound(reference{t.id, number}.arn())
		}
	}
	return nil
}

// named returns the alias of a call.
func (t *target) named(name *string, missing string) (*alias, error) {
	a := t.aliases[*name]
	if a == nil {
		return nil, resourceNotFound(missing + reference{t.id, *name}.arn())
	}
	return a, nil
}

func (s *Fake) getAlias(call *fakeaws.Call, in *awslambda.GetAliasInput) (*fakeaws.Plan[*awslambda.GetAliasOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.GetAliasOutput, error) {
		a, err := t.named(in.Name, "Cannot find alias arn: ")
		if err != nil {
			return nil, err
		}
		return output[awslambda.GetAliasOutput](a.AliasConfiguration), nil
	})
}

// updateAlias changes an alias. What the call does not send stays.
func (s *Fake) updateAlias(call *fakeaws.Call, in *awslambda.UpdateAliasInput) (*fakeaws.Plan[*awslambda.UpdateAliasOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.UpdateAliasOutput, error) {
		a, err := t.named(in.Name, "Alias not found: ")
		if err != nil {
			return nil, err
		}
		if err := sameRevision(in.RevisionId, a.RevisionId, "GetFunction/GetAlias"); err != nil {
			return nil, err
		}
		changed := a.AliasConfiguration
		set(&changed.Description, in.Description)
		set(&changed.FunctionVersion, in.FunctionVersion)
		if err := checkCount(in.RoutingConfig); err != nil {
			return nil, err
		}
		if in.RoutingConfig != nil {
			changed.RoutingConfig = routing(in.RoutingConfig)
		}
		if err := t.checkAlias(&changed); err != nil {
			return nil, err
		}
		changed.RevisionId = aws.String(s.world.IDs().UUID())
		a.AliasConfiguration, a.shares = changed, 0
		return output[awslambda.UpdateAliasOutput](a.AliasConfiguration), nil
	})
}

// deleteAlias deletes an alias. One that there is not is no error.
func (s *Fake) deleteAlias(call *fakeaws.Call, in *awslambda.DeleteAliasInput) (*fakeaws.Plan[*awslambda.DeleteAliasOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.DeleteAliasOutput, error) {
		name := *in.Name
		if t.aliases[name] == nil {
			return &awslambda.DeleteAliasOutput{}, nil
		}
		delete(t.aliases, name)
		delete(t.policies, name)
		delete(t.async, name)
		delete(t.warm, name)
		if u := t.urls[name]; u != nil {
			delete(s.urls, u.label)
			delete(t.urls, name)
		}
		return &awslambda.DeleteAliasOutput{}, nil
	})
}

// listAliases lists the aliases of a function, or those of one version.
func (s *Fake) listAliases(call *fakeaws.Call, in *awslambda.ListAliasesInput) (*fakeaws.Plan[*awslambda.ListAliasesOutput], error) {
	return onFunction(s, call, in, in.FunctionName, nil, func(t *target) (*awslambda.ListAliasesOutput, error) {
		shown := make(map[string]types.AliasConfiguration)
		for name, a := range t.aliases {
			if in.FunctionVersion == nil || *in.FunctionVersion == *a.FunctionVersion {
				shown[name] = a.AliasConfiguration
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListAliasesOutput{Aliases: p.Items, NextMarker: p.Next}, nil
	})
}
