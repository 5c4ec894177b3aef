package secretsmanager

import (
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// maxBatch is how many values a call returns.
const maxBatch = 20

// A batchEntry is one secret of a batch.
type batchEntry struct {
	target *target
	reading
	entry int // of its needs
	err   error
}

// batchGetSecretValue returns the values of several secrets. It takes a permission of its
// own, that to list where it filters, and GetSecretValue with kms:Decrypt for each secret:
// who lacks these gets the error in place of the value.
func (s *Fake) batchGetSecretValue(call *fakeaws.Call, in *sm.BatchGetSecretValueInput) (*fakeaws.Plan[*sm.BatchGetSecretValueOutput], error) {
	if err := checkBatch(in); err != nil {
		return nil, err
	}
	needs := []fakeaws.Need{anywhere(call, "secretsmanager:BatchGetSecretValue")}
	if in.SecretIdList == nil {
		needs = append(needs, anywhere(call, "secretsmanager:ListSecrets"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := new(sm.BatchGetSecretValueOutput)
	ids := in.SecretIdList
	if ids == nil {
		var err error
		if ids, out.NextToken, err = s.filtered(call, in); err != nil {
			return nil, err
		}
	}
	entries := make([]*batchEntry, len(ids))
	next := 1
	for i, id := range ids {
		var more []fakeaws.Need
		entries[i], more = s.batchEntry(call, id, &next)
		needs = append(needs, more...)
	}
	return &fakeaws.Plan[*sm.BatchGetSecretValueOutput]{Needs: needs, Do: func() (*sm.BatchGetSecretValueOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, e := range entries {
			value, err := s.readEntry(call, e)
			if err != nil {
				out.Errors = append(out.Errors, refused(ids[i], err))
				continue
			}
			out.SecretValues = append(out.SecretValues, types.SecretValueEntry{
				ARN: value.ARN, Name: value.Name, CreatedDate: value.CreatedDate, SecretBinary: value.SecretBinary,
				SecretString: value.SecretString, VersionId: value.VersionId, VersionStages: value.VersionStages,
			})
		}
		return out, nil
	}}, nil
}

func checkBatch(in *sm.BatchGetSecretValueInput) error {
	if err := check(in); err != nil {
		return err
	}
	switch {
	case (in.SecretIdList == nil) == (len(in.Filters) == 0):
		return invalidParameter(textBatchChoice)
	case in.MaxResults != nil && in.SecretIdList != nil:
		return invalidParameter(textBatchMost)
	}
	_, err := filter(in.Filters)
	return err
}

// filtered are the ARNs of a page of the secrets that match the filters. The lock is held.
func (s *Fake) filtered(call *fakeaws.Call, in *sm.BatchGetSecretValueInput) ([]string, *string, error) {
	match, err := filter(in.Filters)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.listed(call, listing{
		keep:  func(x *secret) bool { return x.deleted.IsZero() && match(x) },
		token: in.NextToken, size: page.Size(in.MaxResults, maxBatch),
	})
	if err != nil {
		return nil, nil, err
	}
	ids := make([]string, len(p.Items))
	for i, x := range p.Items {
		ids[i] = x.arn()
	}
	return ids, p.Next, nil
}

// batchEntry finds one secret of a batch, and what it takes to read it. The lock is held.
func (s *Fake) batchEntry(call *fakeaws.Call, id string, next *int) (*batchEntry, []fakeaws.Need) {
	e := &batchEntry{entry: *next}
	*next++
	ref, err := refer(call, id)
	if err != nil {
		e.err = err
		return e, nil
	}
	e.target = s.targetOf(call, ref, "secretsmanager:GetSecretValue")
	e.target.need.Entry = e.entry
	needs := []fakeaws.Need{e.target.need}
	if e.target.secret != nil {
		e.reading = s.readingOf(call, e.target.secret, nil, nil, *next)
		*next += len(e.reading.keys)
		for _, need := range e.reading.needs {
			if !need.Optional {
				need.Entry = e.entry
			}
			needs = append(needs, need)
		}
	}
	return e, needs
}

// readEntry answers one secret of a batch. The lock is held.
func (s *Fake) readEntry(call *fakeaws.Call, e *batchEntry) (*sm.GetSecretValueOutput, error) {
	if e.err != nil {
		return nil, e.err
	}
	if call.EntryDenied(e.entry) {
		return nil, call.EntryDenial(e.entry)
	}
	if err := s.usable(e.target.secret, replicasToo); err != nil {
		return nil, err
	}
	return s.read(call, e.target.secret, &e.reading)
}
