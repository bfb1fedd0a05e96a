;; An allocator that is exported and that nothing in the module calls (Haskell's malloc: its own heap is another): what the
;; host allocates counts, and a warning says that this is all.
;;! args: -print-allocs '.*'
;;! run: malloc(24)
;;! run: f()
;;! expect: slots = 1
;;! expect: pool = 1, 24
(module
  (func (export "malloc") (param i32) (result i32)
    (i32.const 16))
  (func (param i32) (result i32)
    (i32.const 16))
  (func (export "f") (result i32)
    (call 1 (i32.const 8)))
)
