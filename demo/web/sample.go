package ledger

import (
"fmt"
    "sort"
)

// Cents are what there is in an account.
type Cents int64

type Entry struct {
ID int
  From, To string
Amount   Cents
}

// Balances adds entries up, and   fails at the first account that is overdrawn.
func Balances( entries []Entry )(map[string]Cents,error) {
balances:=map[string]Cents{}
for _,entry:=range entries{
balances[entry.From]-=entry.Amount
  balances[entry.To]   +=entry.Amount
}
names:=make([]string,0,len(balances))
for name:=range balances{ names=append(names,name) }
sort.Strings(names)
for _,name:=range names{
if balances[name]<0 { return nil,fmt.Errorf("%s is overdrawn by %d",name,-balances[name]) }
}
return balances,nil
}
