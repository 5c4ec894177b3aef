package apigateway_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
)

// ANY stands for the methods of HTTP that API Gateway has: no spelling of another gets around a
// policy that speaks of one of them.
func TestAnyMethod(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	policy := policyOf(statement("Allow", `"*"`, ""), `{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/pets"}`)
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{Policy: &policy})
	api.Method("ANY", "/pets", awsapigateway.PutMethodInput{AuthorizationType: aws.String("NONE")}, mock(`{"statusCode": 200}`), fine).Deploy()
	for _, method := range []string{"DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"} {
		assert.Equal(t, http.StatusOK, api.Call(nil, method, "/pets", "").Status, method)
	}
	for _, method := range []string{"GET", "get", "Get", "ANY", "*", "PROPFIND", "TRACE"} {
		assert.Equal(t, http.StatusForbidden, api.Call(nil, method, "/pets", "").Status, method)
	}
}
