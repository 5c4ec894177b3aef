package all_test

var sqsScenarios = map[string]scenario{}
