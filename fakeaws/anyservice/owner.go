package anyservice

// owners says where requests name the account that owns what they are about, where that is
// not the caller's: sources by the package of the service. ARNs of resources have this
// account then, so that a policy of the caller alone does not let it in. Members that name
// an account for another purpose, a filter or whom to share with, are not among them.
var owners = map[string][]string{
	"apigatewayv2":        {"q:resourceOwnerAccountId"},
	"applicationinsights": {"b:AccountId"},
	"backup":              {"q:backupVaultAccountId", "q:BackupVaultAccountId"},
	"bedrockagentcore":    {"q:accountId"},
	"budgets":             {"b:AccountId"},
	"cloudtrail":          {"b:EventDataStoreOwnerAccountId"},
	"codeartifact":        {"q:domain-owner", "b:domainOwner"},
	"ecr":                 {"b:registryId"},
	"ecrpublic":           {"b:registryId"},
	"glacier":             {"l:accountId"},
	"glue":                {"b:CatalogId", "b:CatalogID"},
	"internetmonitor":     {"q:LinkedAccountId", "b:LinkedAccountId"},
	"mgn":                 {"b:accountID"},
	"omics":               {"q:workflowOwnerId", "b:workflowOwnerId"},
	"panorama":            {"q:OwnerAccount", "b:OwnerAccount"},
	"quicksight":          {"l:AwsAccountId"},
	"redshiftserverless":  {"b:ownerAccount"},
	"servicediscovery":    {"b:OwnerAccount"},
}

// findOwner finds the account of the resources that a request is about.
func (r *request) findOwner() error {
	r.owner, r.region = r.call.Account, r.call.Region
	for _, source := range owners[r.call.Service] {
		texts, err := r.texts(source)
		if err != nil {
			return err
		}
		if len(texts) > 0 {
			if id, ok := accountOf(texts[0].text); ok {
				r.owner = id
			}
			return nil
		}
	}
	return nil
}

// accountOf returns the account's id that a text begins with: catalogs of Glue have names
// within their account, after a colon.
func accountOf(text string) (string, bool) {
	const digits = 12
	if len(text) < digits || len(text) > digits && text[digits] != ':' {
		return "", false
	}
	for i := range digits {
		if text[i] < '0' || text[i] > '9' {
			return "", false
		}
	}
	return text[:digits], true
}
