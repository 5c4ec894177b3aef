package idp

import (
	"cmp"
	"fmt"

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
