package broken

func half(x int) int {
	return x / 2

func (r *Reader) Next( {
	for i := range 10 { i +
}

type T struct { a int b string }
