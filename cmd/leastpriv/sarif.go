package main

import (
	"net/url"
	"path/filepath"
	"slices"
)

// The types below are the part of SARIF 2.1.0 that a list of results in files needs.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID           string          `json:"ruleId"`
		RuleIndex        int             `json:"ruleIndex"`
		Level            string          `json:"level"`
		Message          sarifText       `json:"message"`
		Locations        []sarifLocation `json:"locations"`
		RelatedLocations []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysicalLocation `json:"physicalLocation"`
	}
	sarifPhysicalLocation struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// sarif returns the report as the log of one run.
func (r *report) sarif() sarifLog {
	// Columns count characters, as those of policies do.
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "leastpriv", InformationURI: "https://github.com/leastpriv/leastpriv", Rules: []sarifRule{}}
	for i := range r.results {
		one := &r.results[i]
		rules := &run.Tool.Driver.Rules
		index := slices.IndexFunc(*rules, func(rule sarifRule) bool { return rule.ID == one.rule })
		if index < 0 {
			index = len(*rules)
			*rules = append(*rules, sarifRule{one.rule, sarifText{r.about(one.rule)}})
		}
		result := sarifResult{RuleID: one.rule, RuleIndex: index, Level: string(one.level),
			Message: sarifText{one.message}, Locations: []sarifLocation{one.at.sarif()}}
		if one.related != nil {
			result.RelatedLocations = []sarifLocation{one.related.sarif()}
		}
		run.Results = append(run.Results, result)
	}
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

func (p *place) sarif() sarifLocation {
	uri := url.URL{Path: filepath.ToSlash(p.File)}
	if filepath.IsAbs(p.File) {
		uri.Scheme = "file"
	}
	return sarifLocation{sarifPhysicalLocation{sarifArtifact{uri.String()}, sarifRegion{p.Line, p.Column}}}
}
