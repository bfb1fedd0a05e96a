;; malloc is a thunk that calls dlmalloc through a table, as in programs that let the allocator be replaced:
;; the outermost allocator counts, once.
;;! args: -print-allocs '^app\.'
;;! run: f(10)
;;! run: g(20)
;;! run: h(30)
;;! expect: slots = 3
;;! expect: site 0 = 1, 10     ;; app.f
;;! expect: site 1 = 1, 30     ;; app.h calls dlmalloc itself, by the table
;;! expect: pool = 1, 20       ;; lib.g
(module
  (type $alloc (func (param i32) (result i32)))
  (table funcref (elem $dlmalloc))
  (func $dlmalloc (type $alloc)
    (i32.const 16))
  (func $malloc (type $alloc)
    (call_indirect (type $alloc) (local.get 0) (i32.const 0)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $app.h (export "h") (param $n i32) (result i32)
    (call_indirect (type $alloc) (local.get $n) (i32.const 0)))
)
