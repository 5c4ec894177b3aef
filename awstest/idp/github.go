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
	// OwnerID and RepositoryID are GitHub's numbers of the owner and the repository, such
	// as "123456". Empty ones follow from the names.
	OwnerID, RepositoryID string
	// OldSubject gives the token the subject without these numbers,
	// "repo:owner/name:ref:refs/heads/main", as a repository from before 15 July 2026 has it
	// that was not renamed, transferred or opted in since. Others have
	// "repo:owner@123456/name@456789:ref:refs/heads/main": GitHub's changelog "Immutable
	// subject claims for GitHub Actions OIDC tokens".
	OldSubject bool
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
	owner, name, _ := strings.Cut(j.Repository, "/")
	ownerID, repositoryID := cmp.Or(j.OwnerID, number(owner)), cmp.Or(j.RepositoryID, number(j.Repository))
	sub := "repo:" + owner + "@" + ownerID + "/" + name + "@" + repositoryID
	if j.OldSubject {
		sub = "repo:" + j.Repository
	}
	actor := cmp.Or(j.Actor, owner)
	actorID := number(actor)
	if actor == owner {
		actorID = ownerID
	}
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
		"repository_id": repositoryID, "repository_owner_id": ownerID,
		"actor": actor, "actor_id": actorID,
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
