package anyservice_test

// knownMisses are the samples of the golden files that are judged differently from what AWS
// documents, each with the reason. The list may only become shorter.
var knownMisses = map[string]string{}
