package idp

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/leastpriv/leastpriv/awstest"
)

// EKS makes the provider of an EKS cluster in the account's region: the
// one whose tokens the pods of the cluster find in their files.
func EKS(a *awstest.Account, opts ...OIDCOption) *OIDCProvider {
	a.TB().Helper()
	url := fmt.Sprintf("https://oidc.eks.%s.amazonaws.com/id/%s", a.Region(), a.World().IDs().HexUpper(32))
	return OIDC(a, url, opts...)
}

// A ServiceAccount is that of a pod of an EKS cluster.
type ServiceAccount struct {
	// Namespace and Name are those of the service account; the namespace of an
	// empty one is "default".
	Namespace, Name string
	// Pod is the name of the pod; empty is that of the service account.
	Pod string
}

// Claims implements [Subject].
func (s ServiceAccount) Claims() Claims {
	namespace := cmp.Or(s.Namespace, "default")
	return Claims{
		"sub": "system:serviceaccount:" + namespace + ":" + s.Name,
		"aud": []string{"sts.amazonaws.com"},
		"kubernetes.io": map[string]any{
			"namespace":      namespace,
			"serviceaccount": map[string]any{"name": s.Name},
			"pod":            map[string]any{"name": cmp.Or(s.Pod, s.Name)},
		},
	}
}

// TokenFile is the style of credentials of a pod whose service account has a role (IAM
// roles for service accounts): a file with a token of the cluster, and the role that it
// is for. The program itself calls sts:AssumeRoleWithWebIdentity, which the role's trust
// policy must allow.
//
//	role.Setenv(t, cluster.TokenFile(idp.ServiceAccount{Name: "worker"}))
func (p *OIDCProvider) TokenFile(subject Subject) awstest.CredentialStyle {
	return func(t awstest.EnvTB, role *awstest.Principal) map[string]string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(p.Token(subject)), 0o600); err != nil {
			t.Fatalf("idp: %v", err)
		}
		return map[string]string{
			"AWS_WEB_IDENTITY_TOKEN_FILE": file,
			"AWS_ROLE_ARN":                role.ARN(),
			"AWS_ROLE_SESSION_NAME":       *sessionName(role),
		}
	}
}
