package apigateway

import (
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// requestMembers are the members of inputs, and the paths of patch operations, that condition keys
// tell of. ("Condition keys for Amazon API Gateway Management" of the Service Authorization
// Reference.) The names of the keys follow apigateway:Request/.
var requestMembers = []struct{ key, member, path string }{
	{"AuthorizerType", "Type", "/type"},
	{"AuthorizerUri", "AuthorizerUri", "/authorizerUri"},
	{"StageName", "StageName", ""},
	{"SecurityPolicy", "SecurityPolicy", "/securityPolicy"},
	{"RouteAuthorizationType", "AuthorizationType", "/authorizationType"},
	{"ApiKeyRequired", "ApiKeyRequired", "/apiKeyRequired"},
	{"DisableExecuteApiEndpoint", "DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint"},
	{"AccessLoggingDestination", "", "/accessLogSettings/destinationArn"},
	{"AccessLoggingFormat", "", "/accessLogSettings/format"},
}

// namedBy are the operations of which a member that others have too tells a key.
var namedBy = map[string]string{"CreateRestApiInput": "ApiName", "UpdateRestApiInput": "ApiName"}

// setRequestKeys sets the keys of what a request sends.
func setRequestKeys(c *enforce.Context, in any) {
	setTags(c, in)
	v := reflect.ValueOf(in).Elem()
	operation := v.Type().Name()
	ops := patches(in)
	for _, m := range requestMembers {
		if m.key == "AuthorizerType" && !strings.Contains(operation, "Authorizer") {
			continue
		}
		if m.member != "" {
			setMember(c, m.key, v.FieldByName(m.member))
		}
		if m.path != "" {
			setPatched(c, m.key, m.path, ops)
		}
	}
	if key := namedBy[operation]; key != "" {
		setMember(c, key, v.FieldByName("Name"))
		setPatched(c, key, "/name", ops)
	}
	if field := v.FieldByName("EndpointConfiguration"); field.IsValid() {
		if e, ok := field.Interface().(*types.EndpointConfiguration); ok && e != nil {
			setEndpoints(c, "apigateway:Request/EndpointType", e)
		}
	}
	for _, op := range ops {
		if strings.HasPrefix(aws.ToString(op.Path), "/endpointConfiguration/types") && op.Value != nil {
			setOne(c, "apigateway:Request/EndpointType", *op.Value)
		}
	}
}

func setMember(c *enforce.Context, key string, field reflect.Value) {
	if !field.IsValid() {
		return
	}
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return
		}
		field = field.Elem()
	}
	switch field.Kind() {
	case reflect.Bool:
		setOne(c, "apigateway:Request/"+key, boolText(field.Bool()))
	case reflect.String:
		if field.String() != "" {
			setOne(c, "apigateway:Request/"+key, field.String())
		}
	}
}

// flags are the keys that are true or false, as a patch operation makes them.
var flags = map[string]bool{"ApiKeyRequired": true, "DisableExecuteApiEndpoint": true}

func setPatched(c *enforce.Context, key, path string, ops []types.PatchOperation) {
	for _, op := range ops {
		if aws.ToString(op.Path) != path || op.Value == nil {
			continue
		}
		value := *op.Value
		if flags[key] {
			value = boolText(isTrue(value))
		}
		setOne(c, "apigateway:Request/"+key, value)
	}
}

// manyValued are the keys that have several values.
var manyValued = map[string]bool{"ApiKeyRequired": true, "RouteAuthorizationType": true, "EndpointType": true}

func setOne(c *enforce.Context, key, value string) {
	if manyValued[key[strings.LastIndexByte(key, '/')+1:]] {
		c.SetMulti(key, []string{value})
		return
	}
	c.Set(key, value)
}

func setEndpoints(c *enforce.Context, key string, e *types.EndpointConfiguration) {
	all := make([]string, len(e.Types))
	for i, t := range e.Types {
		all[i] = string(t)
	}
	c.SetMulti(key, all)
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// setKeys sets the keys of an API, and of what a path below it names. The lock is held.
func (a *api) setKeys(c *enforce.Context, parts []string) {
	c.Set("apigateway:Resource/ApiName", aws.ToString(a.info.Name))
	setOne(c, "apigateway:Resource/DisableExecuteApiEndpoint", boolText(a.info.DisableExecuteApiEndpoint))
	if a.info.EndpointConfiguration != nil {
		setEndpoints(c, "apigateway:Resource/EndpointType", a.info.EndpointConfiguration)
	}
	const methodParts = 4
	switch {
	case len(parts) > 1 && parts[0] == "authorizers":
		if x := a.design.authorizers.get(parts[1]); x != nil {
			c.Set("apigateway:Resource/AuthorizerType", string(x.Type))
			if x.AuthorizerUri != nil {
				c.Set("apigateway:Resource/AuthorizerUri", *x.AuthorizerUri)
			}
		}
	case len(parts) >= methodParts && parts[0] == "resources" && parts[2] == "methods":
		if x := a.design.resources.get(parts[1]); x != nil {
			if m, ok := x.methods[parts[3]]; ok {
				setOne(c, "apigateway:Resource/ApiKeyRequired", boolText(aws.ToBool(m.ApiKeyRequired)))
				setOne(c, "apigateway:Resource/RouteAuthorizationType", aws.ToString(m.AuthorizationType))
			}
		}
	case len(parts) > 1 && parts[0] == "stages":
		if x := a.stages.get(parts[1]); x != nil && x.info.AccessLogSettings != nil {
			c.Set("apigateway:Resource/AccessLoggingDestination", aws.ToString(x.info.AccessLogSettings.DestinationArn))
			c.Set("apigateway:Resource/AccessLoggingFormat", aws.ToString(x.info.AccessLogSettings.Format))
		}
	}
}

// untold says that condition keys which are not computed may have values: those of trust stores
// and of base paths in documents.
var untold = &enforce.Unknown{Key: func(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "apigateway:re") && (strings.Contains(name, "/mtlstruststore") || strings.HasSuffix(name, "/conditionbasepaths") || strings.HasSuffix(name, "/priority"))
}}
