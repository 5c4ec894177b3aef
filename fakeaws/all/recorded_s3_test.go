package all_test

var s3Scenarios = map[string]scenario{}
