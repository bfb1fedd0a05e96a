// Keeps what JavaScript asks for until it is told to end.
package main

import "syscall/js"

var kept [][]byte

func main() {
	done := make(chan struct{})
	js.Global().Set("keep", js.FuncOf(func(_ js.Value, args []js.Value) any {
		kept = append(kept, make([]byte, args[0].Int()))
		return len(kept)
	}))
	js.Global().Set("finish", js.FuncOf(func(js.Value, []js.Value) any {
		close(done)
		return nil
	}))
	<-done
}
