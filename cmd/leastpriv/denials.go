package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// denialsAtOnce is how many calls are taken of the log at once.
const denialsAtOnce = 256

// printDenials prints one line for each denial of a World from now on, until stop is called,
// which waits for the last. Calls do not wait for it: where they come faster than they are
// written, it says how many are left out.
func printDenials(to io.Writer, log *fakeaws.Log, passes bool) (stop func()) {
	watch := log.Watch()
	quit, ended := make(chan struct{}), make(chan struct{})
	read := func() {
		for {
			events, missed := watch.Read(denialsAtOnce)
			if missed > 0 {
				fmt.Fprintf(to, "leastpriv: %d calls came faster than they were written, and are left out\n", missed)
			}
			for i := range events {
				printDenial(to, &events[i], passes)
			}
			if len(events) < denialsAtOnce {
				return
			}
		}
	}
	go func() {
		defer close(ended)
		for {
			select {
			case <-watch.Woken():
				read()
			case <-quit:
				read()
				return
			}
		}
	}()
	return func() {
		watch.Stop()
		close(quit)
		<-ended
	}
}

// printDenial prints what was denied of a call: when, what the policies said, of which
// operation, and whether the call passes all the same.
func printDenial(to io.Writer, e *fakeaws.Event, passes bool) {
	for _, d := range e.Decisions {
		if d.Allowed() {
			continue
		}
		what := e.Service + ":" + e.Operation
		if passes {
			what += ", which passes"
		}
		fmt.Fprintf(to, "%s %s (%s)\n", e.Time.UTC().Format(time.RFC3339), printable(d.String()), what)
	}
}

// printable is a text in one line that a terminal shows as it is: names of objects may have
// characters that control one.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
