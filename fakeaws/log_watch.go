package fakeaws

import "slices"

// A Watch follows a log from a moment on: it reads each call once, in order. What nobody
// reads in time the log forgets, and a Watch says how many calls those were.
type Watch struct {
	log   *Log
	next  int // how many calls there were before the next one to read; the log's lock guards it
	woken chan struct{}
}

// Watch follows the calls from now on, until [Watch.Stop].
func (l *Log) Watch() *Watch {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &Watch{log: l, next: l.added, woken: make(chan struct{}, 1)}
	l.watches = append(l.watches, w)
	return w
}

// Woken has a value when there are calls to read. A call never waits for who reads it.
func (w *Watch) Woken() <-chan struct{} { return w.woken }

// Read returns the next calls, at most so many, oldest first, and how many before them were
// forgotten unread. Who gets as many as that reads again: it is woken for new calls alone.
func (w *Watch) Read(most int) (events []Event, missed int) {
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := l.added - l.n
	missed = max(0, oldest-w.next)
	from := w.next + missed - oldest
	events = make([]Event, min(most, l.n-from))
	for i := range events {
		events[i] = l.at(from + i).event()
	}
	w.next += missed + len(events)
	return events, missed
}

// Stop ends the watch: it is woken no more.
func (w *Watch) Stop() {
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watches = slices.DeleteFunc(l.watches, func(other *Watch) bool { return other == w })
}

// wake tells who watches of a new call.
func (l *Log) wake() {
	for _, w := range l.watches {
		select {
		case w.woken <- struct{}{}:
		default: // it knows already
		}
	}
}
