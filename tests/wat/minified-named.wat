;; The same when malloc's short name is read off the JavaScript: `_malloc=b.c`.
;;! args: -print-allocs '.*' --allocator '^c$=0'
;;! run: c(5)
;;! run: d(6)
;;! expect: slots = 2
;;! expect: site 0 = 1, 6
;;! expect: pool = 1, 5
(module
  (import "env" "log" (func (param i32)))
  (func (export "c") (param i32) (result i32)
    (i32.const 16))
  (func (export "d") (param i32) (result i32)
    (call 1 (local.get 0)))
)
