package asl

import "slices"

// distributed reads what only distributed Map states have.
func (p *parser) distributed(f *fields, d *Distributed) {
	d.Label = f.text("Label")
	d.FailureCount, d.FailurePercentage = f.number("ToleratedFailureCount", 0), f.number("ToleratedFailurePercentage", 0)
	if f.has("ItemReader") {
		d.Reader = p.itemReader(f)
	}
	if f.has("ItemBatcher") {
		d.Batcher = p.itemBatcher(f)
	}
	if f.has("ResultWriter") {
		d.Writer = p.resultWriter(f)
	}
}

// The resources of readers and writers.
const (
	readObject  = "arn:aws:states:::s3:getObject"
	listObjects = "arn:aws:states:::s3:listObjectsV2"
	writeObject = "arn:aws:states:::s3:putObject"
)

// itemReader reads an ItemReader ("ItemReader (Map)" of the Developer Guide).
func (p *parser) itemReader(f *fields) *ItemReader {
	in, ok := p.object(f.of["ItemReader"], f.at+"/ItemReader")
	if !ok {
		return nil
	}
	p.only(in, "Resource", "ReaderConfig", "Parameters")
	r := &ItemReader{Parameters: in.template("Parameters")}
	switch in.need("Resource") {
	case "", readObject:
	case listObjects:
		r.List = true
	default:
		in.wrong("Resource", textOneOf, "["+readObject+", "+listObjects+"]")
	}
	if !in.has("Parameters") {
		p.report(CodeSchema, in.at, textRequired, "Parameters")
	}
	if !in.has("ReaderConfig") {
		if !r.List {
			p.report(CodeSchema, in.at, textRequired, "ReaderConfig")
		}
		return r
	}
	c, ok := p.object(in.of["ReaderConfig"], in.at+"/ReaderConfig")
	if !ok {
		return r
	}
	p.only(c, "InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath", "Transformation", "ManifestType", "ItemsPointer")
	for _, name := range []string{"CSVDelimiter", "Transformation", "ManifestType", "ItemsPointer"} {
		if c.has(name) {
			p.refuse("the field " + name + " of ReaderConfig")
		}
	}
	r.MaxItems = c.number("MaxItems", 0)
	if r.InputType = c.text("InputType"); r.List {
		return r
	}
	p.inputType(c, r)
	return r
}

// inputType reads how an object has the items.
func (p *parser) inputType(c *fields, r *ItemReader) {
	switch r.InputType {
	case "JSON", "JSONL":
	case "CSV":
		if location := c.need("CSVHeaderLocation"); location == "GIVEN" {
			for _, v := range c.list("CSVHeaders") {
				name, ok := v.(string)
				if !ok || slices.Contains(r.Header, name) {
					c.wrong("CSVHeaders", textType, "String")
				}
				r.Header = append(r.Header, name)
			}
		} else if location != "" && location != "FIRST_ROW" {
			c.wrong("CSVHeaderLocation", textOneOf, "[FIRST_ROW, GIVEN]")
		}
	case "MANIFEST", "PARQUET":
		p.refuse("the InputType " + r.InputType)
	default:
		c.wrong("InputType", textOneOf, "[CSV, JSON, JSONL, MANIFEST, PARQUET]")
	}
}

// itemBatcher reads an ItemBatcher.
func (p *parser) itemBatcher(f *fields) *ItemBatcher {
	in, ok := p.object(f.of["ItemBatcher"], f.at+"/ItemBatcher")
	if !ok {
		return nil
	}
	p.only(in, "MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "BatchInput")
	b := &ItemBatcher{Items: in.number("MaxItemsPerBatch", 1), Bytes: in.number("MaxInputBytesPerBatch", 1), Input: in.template("BatchInput")}
	if !b.Items.Set && b.Items.Path == nil && !b.Bytes.Set && b.Bytes.Path == nil {
		p.report(CodeSchema, in.at, textExactly, "[MaxItemsPerBatch, MaxInputBytesPerBatch]")
	}
	return b
}

// resultWriter reads a ResultWriter.
func (p *parser) resultWriter(f *fields) *ResultWriter {
	in, ok := p.object(f.of["ResultWriter"], f.at+"/ResultWriter")
	if !ok {
		return nil
	}
	p.only(in, "Resource", "Parameters", "WriterConfig")
	if in.has("WriterConfig") {
		p.refuse("the field WriterConfig of ResultWriter")
	}
	if text := in.need("Resource"); text != "" && text != writeObject {
		in.wrong("Resource", textOneOf, "["+writeObject+"]")
	}
	if !in.has("Parameters") {
		p.report(CodeSchema, in.at, textRequired, "Parameters")
	}
	return &ResultWriter{in.template("Parameters")}
}
