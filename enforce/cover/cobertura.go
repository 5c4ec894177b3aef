package cover

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cobertura's coverage-04.dtd has these elements and attributes, in this order.
type (
	coberturaReport struct {
		XMLName         xml.Name           `xml:"coverage"`
		LineRate        rate               `xml:"line-rate,attr"`
		BranchRate      rate               `xml:"branch-rate,attr"`
		LinesCovered    int                `xml:"lines-covered,attr"`
		LinesValid      int                `xml:"lines-valid,attr"`
		BranchesCovered int                `xml:"branches-covered,attr"`
		BranchesValid   int                `xml:"branches-valid,attr"`
		Complexity      int                `xml:"complexity,attr"`
		Version         string             `xml:"version,attr"`
		Timestamp       int64              `xml:"timestamp,attr"` // in milliseconds
		Sources         []string           `xml:"sources>source"`
		Packages        []coberturaPackage `xml:"packages>package"`
	}
	coberturaPackage struct {
		Name       string           `xml:"name,attr"`
		LineRate   rate             `xml:"line-rate,attr"`
		BranchRate rate             `xml:"branch-rate,attr"`
		Complexity int              `xml:"complexity,attr"`
		Classes    []coberturaClass `xml:"classes>class"`
	}
	coberturaClass struct {
		Name       string          `xml:"name,attr"`
		Filename   string          `xml:"filename,attr"`
		LineRate   rate            `xml:"line-rate,attr"`
		BranchRate rate            `xml:"branch-rate,attr"`
		Complexity int             `xml:"complexity,attr"`
		Methods    struct{}        `xml:"methods"`
		Lines      []coberturaLine `xml:"lines>line"`
	}
	coberturaLine struct {
		Number            int    `xml:"number,attr"`
		Hits              int    `xml:"hits,attr"`
		Branch            bool   `xml:"branch,attr"`
		ConditionCoverage string `xml:"condition-coverage,attr,omitempty"`
	}
)

// A rate is a part of 1.
type rate float64

// MarshalXMLAttr implements [xml.MarshalerAttr].
func (r rate) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	return xml.Attr{Name: name, Value: strconv.FormatFloat(float64(r), 'f', 4, 64)}, nil
}

// coberturaDTD is what a report says that it is made by.
const coberturaDTD = `<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">` + "\n"

// A tally counts lines and branches.
type tally struct{ lines, hit, branches, taken int }

func (t *tally) add(o tally) {
	t.lines, t.hit, t.branches, t.taken = t.lines+o.lines, t.hit+o.hit, t.branches+o.branches, t.taken+o.taken
}

func (t tally) lineRate() rate   { return part(t.hit, t.lines) }
func (t tally) branchRate() rate { return part(t.taken, t.branches) }

func part(of, all int) rate {
	if all == 0 {
		return 1
	}
	return rate(of) / rate(all)
}

// WriteCobertura writes the lines of the files that policies stand in, as Cobertura's XML.
// A line is hit when a grant on it is used; where it has several grants, these are its
// branches. Policies that stand in no file have no lines. Sources are the folders from
// which the files are named.
func (r *Report) WriteCobertura(w io.Writer, at time.Time, sources ...string) error {
	files := r.lines()
	folders := map[string]*coberturaPackage{}
	tallies := map[string]*tally{}
	var all tally
	for _, file := range slices.Sorted(maps.Keys(files)) {
		lines, of := files[file].lines()
		folder := path.Dir(file)
		if folders[folder] == nil {
			folders[folder], tallies[folder] = &coberturaPackage{Name: folder}, new(tally)
		}
		folders[folder].Classes = append(folders[folder].Classes, coberturaClass{
			Name: path.Base(file), Filename: file, LineRate: of.lineRate(), BranchRate: of.branchRate(), Lines: lines,
		})
		tallies[folder].add(of)
		all.add(of)
	}
	report := coberturaReport{
		LineRate: all.lineRate(), BranchRate: all.branchRate(), LinesCovered: all.hit, LinesValid: all.lines,
		BranchesCovered: all.taken, BranchesValid: all.branches, Version: "leastpriv", Timestamp: at.UnixMilli(), Sources: sources,
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		p := folders[folder]
		p.LineRate, p.BranchRate = tallies[folder].lineRate(), tallies[folder].branchRate()
		report.Packages = append(report.Packages, *p)
	}
	if _, err := io.WriteString(w, xml.Header+coberturaDTD); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// fileLines are the grants of a file by their lines. Different documents may be noted for
// one file; what they have in common is one grant, which either may have used.
type fileLines map[int]map[string]bool

// lines returns the grants of all files.
func (r *Report) lines() map[string]fileLines {
	files := map[string]fileLines{}
	for i := range r.Policies {
		p := &r.Policies[i]
		if p.File == "" {
			continue
		}
		file := strings.ReplaceAll(p.File, `\`, "/")
		if files[file] == nil {
			files[file] = fileLines{}
		}
		for _, s := range p.Statements {
			for _, g := range s.Grants {
				if files[file][g.Line] == nil {
					files[file][g.Line] = map[string]bool{}
				}
				grant := s.Label + "\n" + g.Element + "\n" + g.Text
				files[file][g.Line][grant] = files[file][g.Line][grant] || g.State == Used
			}
		}
	}
	return files
}

func (f fileLines) lines() (lines []coberturaLine, all tally) {
	for number, grants := range f {
		used := 0
		for _, u := range grants {
			if u {
				used++
			}
		}
		line := coberturaLine{Number: number, Hits: min(used, 1)}
		all.lines++
		all.hit += line.Hits
		if len(grants) > 1 {
			line.Branch = true
			line.ConditionCoverage = fmt.Sprintf("%d%% (%d/%d)", 100*used/len(grants), used, len(grants))
			all.branches += len(grants)
			all.taken += used
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b coberturaLine) int { return cmp.Compare(a.Number, b.Number) })
	return lines, all
}
