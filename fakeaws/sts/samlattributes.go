package sts

import (
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// An attributeKey is an attribute of which AWS makes a condition key.
type attributeKey struct {
	name, key string
	many      bool
}

// attributeNames are the names under which assertions have what the condition
// keys are about: tables "eduPerson and eduOrg attributes", "Active Directory
// attributes" and "X.500 attributes" of page "Configure SAML assertions for the
// authentication response". The catalog has the keys and which are multivalued.
var attributeNames = map[string]string{
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.1":                                        "eduPersonAffiliation",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.2":                                        "eduPersonNickname",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.3":                                        "eduPersonOrgDN",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.4":                                        "eduPersonOrgUnitDN",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.5":                                        "eduPersonPrimaryAffiliation",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.6":                                        "eduPersonPrincipalName",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.7":                                        "eduPersonEntitlement",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.8":                                        "eduPersonPrimaryOrgUnitDN",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.9":                                        "eduPersonScopedAffiliation",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.10":                                       "eduPersonTargetedID",
	"urn:oid:1.3.6.1.4.1.5923.1.1.1.11":                                       "eduPersonAssurance",
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.2":                                        "eduOrgHomePageURI",
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.3":                                        "eduOrgIdentityAuthNPolicyURI",
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.4":                                        "eduOrgLegalName",
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.5":                                        "eduOrgSuperiorURI",
	"urn:oid:1.3.6.1.4.1.5923.1.2.1.6":                                        "eduOrgWhitePagesURI",
	"urn:oid:2.5.4.3":                                                         "cn",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":              "name",
	"http://schemas.xmlsoap.org/claims/CommonName":                            "commonName",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname":         "givenName",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname":           "surname",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":      "mail",
	"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/uid":               "uid",
	"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "primaryGroupSID",
	"urn:oid:0.9.2342.19200300.100.1.3":                                       "mail",
	"urn:oid:0.9.2342.19200300.100.1.1":                                       "uid",
	"urn:oid:2.5.4.45":                                                        "x500UniqueIdentifier",
	"urn:oid:0.9.2342.19200300.100.1.45":                                      "organizationStatus",
	"urn:oid:2.5.4.42":                                                        "givenName",
	"urn:oid:2.5.4.4":                                                         "surname",
}

// attributeKeys are the attributes whose keys the catalog knows, sorted by key.
var attributeKeys = sync.OnceValue(func() []attributeKey {
	service, ok := catalog.Lookup("sts")
	if !ok {
		return nil
	}
	var known []attributeKey
	for _, key := range service.Keys() {
		suffix, isSAML := strings.CutPrefix(key.Name, "saml:")
		if !isSAML {
			continue
		}
		for name, friendly := range attributeNames {
			if strings.EqualFold(friendly, suffix) {
				known = append(known, attributeKey{name: name, key: key.Name, many: strings.HasPrefix(key.Type, "ArrayOf")})
			}
		}
	}
	return known
})
