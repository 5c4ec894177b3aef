package kms_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A rule is a statement of the model: an effect, who, and what.
type rule struct {
	deny   bool
	who    string // a user's name, or an account; empty in an IAM policy
	action string
}

func (r rule) document() map[string]any {
	d := map[string]any{"Effect": "Allow", "Action": "kms:" + r.action, "Resource": "*"}
	if r.deny {
		d["Effect"] = "Deny"
	}
	if r.who != "" {
		d["Principal"] = map[string]string{"AWS": r.who}
	}
	return d
}

func documentOf(rules []rule) string {
	statements := make([]any, len(rules))
	for i, r := range rules {
		statements[i] = r.document()
	}
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	return string(text)
}

// A modelGrant is a grant of the model.
type modelGrant struct {
	id             string
	grantee        string
	operations     []types.GrantOperation
	equals, subset map[string]string
}

// A modelUser is a user of the model.
type modelUser struct {
	account, arn string
	policy       []rule
	credential   *fakeaws.Credential
}

// naive decides as the KMS Developer Guide says it in words.
func naive(u *modelUser, policy []rule, grants []*modelGrant, action string, pairs map[string]string) bool {
	delegated, named, iam := false, false, false
	for _, r := range policy {
		applies := (r.action == action || r.action == "*") && (r.who == u.arn || r.who == accountARN(u.account))
		switch {
		case applies && r.deny:
			return false
		case applies && r.who == u.arn:
			named = true
		case applies:
			delegated = true
		}
	}
	for _, r := range u.policy {
		if r.action == action || r.action == "*" {
			if r.deny {
				return false
			}
			iam = true
		}
	}
	for _, g := range grants {
		if g.grantee == u.arn && slices.Contains(g.operations, types.GrantOperation(action)) && meets(g, action, pairs) {
			return true
		}
	}
	if u.account == owner {
		return named || delegated && iam
	}
	return (named || delegated) && iam
}

func accountARN(account string) string { return "arn:aws:iam::" + account + ":root" }

func meets(g *modelGrant, action string, pairs map[string]string) bool {
	if action == "DescribeKey" {
		return true
	}
	if g.equals != nil {
		return maps.Equal(g.equals, pairs)
	}
	for name, value := range g.subset {
		if pairs[name] != value {
			return false
		}
	}
	return true
}

// Key policies, IAM policies and grants of random content decide as the naive model does.
func TestDecisionsOfKeys(t *testing.T) {
	t.Parallel()
	actions := []string{"Encrypt", "GenerateDataKey", "DescribeKey", "*"}
	rapid.Check(t, func(rt *rapid.T) {
		c := newCloud(t)
		key := c.key(t)
		users, clients := make([]*modelUser, 4), make(map[string]*awskms.Client)
		for i, name := range []string{"a", "b", "c", "d"} {
			account := []string{owner, stranger}[i%2]
			users[i] = &modelUser{account: account, arn: userARN(account, name), credential: c.users.Add(c.World.World, account, name, "")}
			clients[users[i].arn] = c.client(users[i].credential)
		}
		principals := []string{users[0].arn, users[1].arn, users[2].arn, accountARN(owner), accountARN(stranger)}
		pairsOf := func(label string) map[string]string {
			return rapid.SampledFrom([]map[string]string{nil, {"x": "1"}, {"x": "2"}, {"x": "1", "y": "1"}}).Draw(rt, label)
		}
		ruleOf := func(label string, who []string) rule {
			r := rule{deny: rapid.IntRange(0, 5).Draw(rt, label+" deny") == 0, action: rapid.SampledFrom(actions).Draw(rt, label+" action")}
			if who != nil {
				r.who = rapid.SampledFrom(who).Draw(rt, label+" who")
			}
			return r
		}
		admin := rule{who: accountARN(owner), action: "PutKeyPolicy"}
		create := rule{who: accountARN(owner), action: "CreateGrant"}
		revoke := rule{who: accountARN(owner), action: "RevokeGrant"}
		policy := []rule{{who: accountARN(owner), action: "*"}}
		var grants []*modelGrant
		root := c.root()
		rt.Repeat(map[string]func(*rapid.T){
			"policy": func(rt *rapid.T) {
				policy = []rule{admin, create, revoke}
				for range rapid.IntRange(0, 3).Draw(rt, "statements") {
					r := ruleOf("key", principals)
					if r.deny && r.action == "*" {
						continue // nobody could set the next one
					}
					policy = append(policy, r)
				}
				_, err := root.PutKeyPolicy(t.Context(), &awskms.PutKeyPolicyInput{KeyId: key.KeyId, Policy: aws.String(documentOf(policy))})
				require.NoError(rt, err)
			},
			"iam": func(rt *rapid.T) {
				u := rapid.SampledFrom(users).Draw(rt, "user")
				u.policy = nil
				for range rapid.IntRange(0, 2).Draw(rt, "statements") {
					u.policy = append(u.policy, ruleOf("iam", nil))
				}
				text := ""
				if len(u.policy) > 0 {
					text = documentOf(u.policy)
				}
				c.users.SetPolicy(u.credential, text)
			},
			"grant": func(rt *rapid.T) {
				g := &modelGrant{grantee: rapid.SampledFrom(users).Draw(rt, "grantee").arn, operations: []types.GrantOperation{types.GrantOperation(rapid.SampledFrom(actions[:3]).Draw(rt, "operation"))}}
				in := &awskms.CreateGrantInput{KeyId: key.KeyId, GranteePrincipal: &g.grantee, Operations: g.operations}
				if pairs := pairsOf("constraint"); pairs != nil {
					in.Constraints = new(types.GrantConstraints)
					if rapid.Bool().Draw(rt, "equals") {
						g.equals, in.Constraints.EncryptionContextEquals = pairs, pairs
					} else {
						g.subset, in.Constraints.EncryptionContextSubset = pairs, pairs
					}
				}
				out, err := root.CreateGrant(t.Context(), in)
				require.NoError(rt, err)
				g.id = *out.GrantId
				grants = append(grants, g)
			},
			"revoke": func(rt *rapid.T) {
				if len(grants) == 0 {
					return
				}
				i := rapid.IntRange(0, len(grants)-1).Draw(rt, "which")
				_, err := root.RevokeGrant(t.Context(), &awskms.RevokeGrantInput{KeyId: key.KeyId, GrantId: &grants[i].id})
				require.NoError(rt, err)
				grants = slices.Delete(grants, i, i+1)
			},
			"": func(rt *rapid.T) {
				u, pairs := rapid.SampledFrom(users).Draw(rt, "caller"), pairsOf("context")
				action := rapid.SampledFrom(actions[:3]).Draw(rt, "asked")
				err := send(t.Context(), clients[u.arn], inputOf(action, key.Arn, pairs))
				if naive(u, policy, grants, action, pairs) {
					require.NoError(rt, err, "%s %s", u.arn, action)
				} else {
					require.ErrorContains(rt, err, "AccessDeniedException", "%s %s", u.arn, action)
				}
			},
		})
	})
}

func inputOf(action string, key *string, pairs map[string]string) any {
	switch action {
	case "Encrypt":
		return &awskms.EncryptInput{KeyId: key, Plaintext: []byte("x"), EncryptionContext: pairs}
	case "GenerateDataKey":
		return &awskms.GenerateDataKeyInput{KeyId: key, KeySpec: types.DataKeySpecAes128, EncryptionContext: pairs}
	}
	return &awskms.DescribeKeyInput{KeyId: key}
}

// What is encrypted opens with the same encryption context, and with nothing else; a changed
// ciphertext does not open.
func TestCiphertexts(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	key, other := c.key(t), c.key(t)
	contexts := rapid.MapOfN(rapid.StringN(0, 4, -1), rapid.StringN(0, 4, -1), 0, 3)
	rapid.Check(t, func(rt *rapid.T) {
		plaintext := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(rt, "plaintext")
		pairs, wrong := contexts.Draw(rt, "context"), contexts.Draw(rt, "another")
		sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: plaintext, EncryptionContext: pairs})
		require.NoError(rt, err)
		blob := sealed.CiphertextBlob
		if rapid.Bool().Draw(rt, "reencrypt") {
			moved, err := root.ReEncrypt(ctx, &awskms.ReEncryptInput{CiphertextBlob: blob, SourceEncryptionContext: pairs, DestinationKeyId: other.KeyId, DestinationEncryptionContext: pairs})
			require.NoError(rt, err)
			blob = moved.CiphertextBlob
		}
		opened, err := root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: blob, EncryptionContext: pairs})
		require.NoError(rt, err)
		require.Equal(rt, plaintext, opened.Plaintext)
		if !maps.Equal(pairs, wrong) {
			_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: blob, EncryptionContext: wrong})
			require.ErrorContains(rt, err, "InvalidCiphertextException")
		}
		changed := slices.Clone(blob)
		changed[rapid.IntRange(0, len(changed)-1).Draw(rt, "at")] ^= byte(1 << rapid.IntRange(0, 7).Draw(rt, "bit"))
		_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: changed, EncryptionContext: pairs})
		require.Error(rt, err)
		require.True(rt, strings.Contains(err.Error(), "InvalidCiphertextException") || strings.Contains(err.Error(), "AccessDeniedException"))
		_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: changed[:rapid.IntRange(1, len(changed)-1).Draw(rt, "cut")], EncryptionContext: pairs})
		require.Error(rt, err)
	})
}
