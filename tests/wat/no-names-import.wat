;; No name section: the allocator is found by its import.
;;! args: -print-allocs '^f$'
;;! run: f(24)
;;! run: g(5)
;;! expect: slots = 2
;;! expect: site 0 = 1, 24
;;! expect: pool = 1, 5
(module
  (import "env" "malloc" (func (param i32) (result i32)))
  (func (export "f") (param i32) (result i32)
    (call 0 (local.get 0)))
  (func (export "g") (param i32) (result i32)
    (call 0 (local.get 0)))
)
