// Package ledger keeps double-entry accounts in memory.
package ledger

import (
	"time"
  "errors"
	"fmt"

	"sort"
	"sync"
)

type Cents int64

// Entry moves an amount between two accounts.
type Entry struct {
	ID string `json:"id"`
	From, To string `json:"from,omitempty" db:"from_account"`
	Amount Cents // never negative
	At time.Time
	Tags map[string][]string
}

var (
	ErrUnknown = errors.New( "unknown account" )
	ErrAmount=errors.New("amount must be positive")
)

const (
	opened state = iota
	frozen
	closed // for good
)

type state uint8

type Book struct {
	mu sync.Mutex
	accounts map[string]*account
	entries []Entry; onPost func(Entry) (ok bool)
}

type account struct { name string; balance Cents; state }

func New() *Book { return &Book{ accounts: map[string]*account{}, onPost: func(Entry) bool { return true } } }

// Post checks an entry
// and then applies it.
func (b *Book) Post(e Entry) (err error) {
	b.mu.Lock(); defer b.mu.Unlock()
	if e.Amount<=0 { return ErrAmount }
	from, ok := b.accounts[e.From]
	if !ok { return fmt.Errorf("%w: %q", ErrUnknown, e.From) }
	to, ok := b.accounts[e.To]; if !ok {
		return fmt.Errorf("%w: %q", ErrUnknown, e.To)
	}
	switch { // both sides must be open
	case from.state!=opened, to.state != opened: return fmt.Errorf("account %s is %v", e.From, from.state)
	case from.balance-e.Amount < -1<<40:
		fallthrough
	default:
		from.balance-=e.Amount
		to.balance +=e.Amount
	}
	b.entries=append(b.entries, e)
	if !b.onPost(e) { goto undo }
	return nil
undo:
	from.balance += e.Amount; to.balance -= e.Amount
	b.entries = b.entries[ : len(b.entries)-1 : cap(b.entries) ]
	return
}

/* Statement returns the newest entries of
   one account. */
func (b *Book) Statement(name string, max int) []Entry {
	var out []Entry
outer:
	for i := len(b.entries)-1; i>=0; i-- {
		e := b.entries[i]
		for _, skip := range [...]string{"internal","test" , "void"} {
			if _, found := e.Tags[skip]; found { continue outer }
		}
		if e.From==name||e.To==name { out=append(out,e) }
		if len(out)==max { break outer }
	}
	sort.Slice(out, func(i,j int) bool { return out[i].At.Before(out[j].At) })
	return out
}
