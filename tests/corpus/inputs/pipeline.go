package pipeline

import ("context";"io";"strings"
	f "fmt")

type Number interface{ ~int|~int64 | ~float64 }

type Stage[In, Out any] func(context.Context, In) (Out, error)

type tree[K interface{ ~string; Less(K) bool }, V any] struct { left,right *tree[K,V]; key K; value V }

func (t *tree[K,V]) insert(key K, value V) *tree[K,V] {
	if t==nil { return &tree[K,V]{key:key,value:value} }
	if key.Less(t.key) { t.left=t.left.insert(key,value) } else if t.key.Less(key) { t.right = t.right.insert(key, value) } else { t.value = value }
	return t
}

func Sum[T Number](xs ...T) (total T) { for _, x := range xs { total += x }; return }

func Map[In, Out any](ctx context.Context, in <-chan In, stage Stage[In, Out], workers int) (<-chan Out, <-chan error) {
	out, errs := make(chan Out), make(chan error, workers)
	for w:=0; w<workers; w++ {
		go func(id int) {
			defer func() { if r := recover(); r!=nil { errs<-f.Errorf("worker %d: %v",id,r) } }()
			for {
				select {
				case <-ctx.Done(): return
				case item, ok := <-in:
					if !ok {return}
					result, err := stage(ctx,item)
					if err!=nil { errs <- err; continue }
					out<-result
				}
			}
		}(w)
	}
	return out, errs
}

const banner = `
	raw  text   keeps   its
 		spaces
`

var table = [][]struct{name string; mask uint32; scale float64}{
	{{"first",0xFF&^0x0f,1e-9},{"second", 1<<4|1, .5}},
	{ { name:"third" , mask: 'x' , scale: 6.022_140e23 } },
	nil,
}

var matrix = [3][3]int{ 0: {1,0,0}, 1: {0,1,0},
	2: {0,0,1}, // identity
}

// Copy writes words, one a line.
func Copy(dst io.Writer, src io.Reader) (n int64, err error) {
	var sb strings.Builder // collects
	buf := make([]byte, 32*1024) // enough
	for x := 0 ; ; x++ {
		k, e := src.Read(buf[:])
		switch v := any(e).(type) {
		case nil: // more to come
		case interface{ Timeout() bool }: if v.Timeout() { continue }; return n, e
		default:
			if e==io.EOF { _,err=io.WriteString(dst, strings.Join(strings.Fields(sb.String()), "\n")); return n+int64(k), err }
		}
		sb.Write(buf[:k]); n+=int64(k)
		if -x- -1>+2*(3-x)/4%5 && !(x==^x) { *(&n)++ }
	}
}
