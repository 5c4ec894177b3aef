package template

import (
	"path/filepath"
	"strings"
)

// artifacts are the properties that name files, which sam package and aws cloudformation
// package upload, by the types of the resources.
var artifacts = map[string]string{
	"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri", "AWS::Serverless::StateMachine": "DefinitionUri", "AWS::Lambda::Function": "Code",
	nestedStack: "TemplateURL", "AWS::Serverless::Application": "Location",
}

// Package reads a template's file and has what it names of other files uploaded, as sam package
// and aws cloudformation package do: upload gets the path and the type of the resource, and
// returns the URL, "s3://bucket/key". A nested template gets one with https. The result is JSON.
// A template that names no files is returned as it is.
func Package(path string, upload func(path, kind string) (url string, err error)) ([]byte, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	root, err := readLive(text)
	if err != nil {
		return nil, err
	}
	resources := root.get("Resources")
	if !resources.isObject() {
		return text, nil
	}
	globals := root.get("Globals").get("Function")
	changed := false
	for i, logical := range resources.keys {
		n := resources.items[i]
		kind := n.get("Type").value()
		property := artifacts[kind]
		value := n.get("Properties").get(property)
		if value == nil && kind == "AWS::Serverless::Function" && n.get("Properties").isObject() && n.get("Properties").get("InlineCode") == nil {
			value = globals.get(property)
		}
		if property == "" || !value.isString() || strings.Contains(value.text, "://") {
			continue
		}
		url, err := upload(filepath.Join(filepath.Dir(path), value.text), kind)
		if err != nil {
			return nil, err
		}
		at := value.newString(url)
		if kind == "AWS::Lambda::Function" {
			bucket, key, _ := strings.Cut(strings.TrimPrefix(url, "s3://"), "/")
			at = value.newObject("S3Bucket", bucket, "S3Key", key)
		}
		resources = resources.with(logical, n.with("Properties", n.get("Properties").with(property, at)))
		changed = true
	}
	if !changed {
		return text, nil
	}
	return []byte(root.with("Resources", resources).json()), nil
}
