package idp

import (
	"cmp"
	"hash/fnv"
	"maps"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/awstest"
)

// github is where GitHub's tokens come from.
const github = "https://token.actions.githubusercontent.com"

// GitHub makes the provider of GitHub Actions, for the audience
// "sts.amazonaws.com".
func GitHub(a *awstest.Account, opts ...OIDCOption) *OIDCProvider {
	a.TB().Helper()
	return OIDC(a, github, opts...)
}

// A GitHubJob is a job of a GitHub Actions workflow, as its token tells of it:
// GitHub's page "OpenID Connect reference".
type GitHubJob struct {
	// Repository is "owner/name".
	Repository string
	// Ref is what the workflow runs for; empty is "refs/heads/main". That of a
	// pull request is "refs/pull/1/merge".
	Ref string
	// Environment is the deployment environment of the job, if it has one.
	Environment string
	// Event started the workflow; empty is "push", "pull_request" is a pull request.
	Event string
	// Actor started the workflow; empty is the repository's owner.
	Actor string
	// Workflow is the file of the workflow; empty is "ci.yml".
	Workflow string
	// More are further claims, which replace those above.
	More Claims
}

// Claims implements [Subject].
func (j GitHubJob) Claims() Claims {
	ref, event, workflow := cmp.Or(j.Ref, "refs/heads/main"), cmp.Or(j.Event, "push"), cmp.Or(j.Workflow, "ci.yml")
	owner, _, _ := strings.Cut(j.Repository, "/")
	sub := "repo:" + j.Repository
	switch {
	case j.Environment != "":
		sub += ":environment:" + j.Environment
	case event == "pull_request":
		sub += ":pull_request"
	default:
		sub += ":ref:" + ref
	}
	claims := Claims{
		"sub": sub, "repository": j.Repository, "repository_owner": owner,
		"repository_id": number(j.Repository), "repository_owner_id": number(owner),
		"actor": cmp.Or(j.Actor, owner), "actor_id": number(cmp.Or(j.Actor, owner)),
		"ref": ref, "event_name": event, "workflow": workflow,
		"job_workflow_ref":   j.Repository + "/.github/workflows/" + workflow + "@" + ref,
		"runner_environment": "github-hosted",
	}
	if j.Environment != "" {
		claims["environment"] = j.Environment
	}
	maps.Copy(claims, j.More)
	return claims
}

// number is an id that follows from a name, as GitHub's do not; it is as good.
func number(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	return strconv.FormatUint(uint64(h.Sum32()), 10)
}
