;; A function without a name is named by its index.
;;! args: -print-allocs 'f' --allocator '^func\[0\]$=0'
;;! run: f(24)
;;! expect: slots = 2
;;! expect: site 0 = 1, 24
;;! expect: pool = 0, 0
(module
  (func (param i32) (result i32)
    (i32.const 16))
  (func (export "f") (param i32) (result i32)
    (call 0 (local.get 0)))
)
