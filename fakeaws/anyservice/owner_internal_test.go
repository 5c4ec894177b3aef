package anyservice

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// What a request says to be another account's is judged as that account's.
func TestOwnerOfResources(t *testing.T) {
	t.Parallel()
	const caller, other = "111122223333", "444455556666"
	for _, c := range []struct{ pkg, operation, method, uri, body, want string }{
		{"ecr", "DescribeImages", "POST", "/", `{"registryId":"` + other + `","repositoryName":"web"}`, other},
		{"ecr", "DescribeImages", "POST", "/", `{"repositoryName":"web"}`, caller},
		{"ecr", "DescribeImages", "POST", "/", `{"registryId":"web","repositoryName":"web"}`, caller},
		{"backup", "DescribeBackupVault", "GET", "/backup-vaults/daily?backupVaultAccountId=" + other, "", other},
		{"codeartifact", "DescribeRepository", "GET", "/v1/repository?domain=d&domain-owner=" + other + "&repository=r", "", other},
		{"glue", "GetTable", "POST", "/", `{"CatalogId":"` + other + `:s3tablescatalog/b","DatabaseName":"d","Name":"t"}`, other},
		{"glue", "GetTable", "POST", "/", `{"CatalogId":"` + other + `7","DatabaseName":"d","Name":"t"}`, caller},
		{"quicksight", "DescribeDashboard", "GET", "/accounts/" + other + "/dashboards/d", "", other},
		{"glacier", "DescribeVault", "GET", "/-/vaults/v", "", caller},
		{"glacier", "DescribeVault", "GET", "/" + other + "/vaults/v", "", other},
	} {
		t.Run(c.pkg+" "+c.uri, func(t *testing.T) {
			t.Parallel()
			api, ok := catalog.APIByPackage(c.pkg)
			require.True(t, ok)
			u, err := url.Parse(c.uri)
			require.NoError(t, err)
			model := modelOf(api)()
			sent := &wire.Request{Method: c.method, Path: u.EscapedPath(), RawQuery: u.RawQuery, Header: http.Header{}, Body: []byte(c.body)}
			if strings.HasPrefix(api.Protocols[0], "awsJson") {
				sent.Header.Set("X-Amz-Target", api.Target+"."+c.operation)
			}
			op, protocol, err := model.Match(sent)
			require.NoError(t, err)
			require.Equal(t, c.operation, op.Name())
			var facts *operation
			for _, o := range api.Operations() {
				if o.Name == c.operation {
					facts = operationOf(o)()
				}
			}
			r := &request{call: &fakeaws.Call{Service: c.pkg, Account: caller, Region: "us-east-1"}, msg: &fakeaws.Message{Request: sent, Operation: op, Protocol: protocol}}
			require.NoError(t, r.findOwner())
			needs, err := new(Fake).needs(r, facts)
			require.NoError(t, err)
			require.NotEmpty(t, needs)
			for i := range needs {
				assert.Contains(t, needs[i].Resource, ":"+c.want+":")
			}
		})
	}
}

// Each service whose requests name the owner is one of the catalog.
func TestOwnersAreServices(t *testing.T) {
	t.Parallel()
	for pkg := range owners {
		_, ok := catalog.APIByPackage(pkg)
		assert.True(t, ok, pkg)
	}
}
