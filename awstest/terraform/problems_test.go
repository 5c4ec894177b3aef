package terraform

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWithoutConfiguration(t *testing.T) {
	t.Parallel()
	path := alone(t, "testdata/service/plan.json")
	_, err := Plan(path).Resources(target("111122223333"))
	var problems deploy.Errors
	require.ErrorAs(t, err, &problems)
	for _, p := range problems {
		fmt.Println(p)
	}
}

var _ = errors.New
var _ = os.Args
var _ = filepath.Join
var _ = strings.Join
var _ = assert.Equal
