package sqs

import "fmt"

// maxBatch is the most entries of a batch.
const maxBatch = 10

// checkBatch checks the number and the ids of a batch's entries: faults for
// which SQS refuses the whole batch. Kind is SQS's name of an entry.
func checkBatch[E any](kind string, entries []E, id func(*E) *string) error {
	if len(entries) == 0 {
		return emptyBatchRequest(kind)
	}
	if len(entries) > maxBatch {
		return tooManyEntries(len(entries))
	}
	seen := make(map[string]bool, len(entries))
	for i := range entries {
		id := id(&entries[i])
		switch {
		case id == nil:
			return missingParameter(fmt.Sprintf("%s.%d.Id", kind, i+1))
		case !isName(*id):
			return invalidBatchEntryID()
		case seen[*id]:
			return batchEntryIDsNotDistinct(*id)
		}
		seen[*id] = true
	}
	return nil
}
