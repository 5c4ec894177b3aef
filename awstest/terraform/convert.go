package terraform

import "maps"

// A rule says what a type of Terraform is in CloudFormation's types.
type rule struct {
	kind     string // CloudFormation's type; empty where Terraform alone has it
	name     string // the attribute that is the physical id
	optional bool   // there is no fake
	convert  converter
}

// converters are the types that are understood.
var converters = allConverters()

func allConverters() map[string]rule {
	all := map[string]rule{}
	for _, of := range []map[string]rule{iamConverters(), s3Converters(), messageConverters()} {
		maps.Copy(all, of)
	}
	return all
}
