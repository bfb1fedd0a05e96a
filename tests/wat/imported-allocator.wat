;; An allocator that the host provides: called directly, handed on as an export and in a table. The host
;; sees the same calls with the same arguments.
;;! args: -print-allocs '^app\.'
;;! run: f(7)
;;! run: g(8)
;;! run: malloc(9)
;;! run: table.get(0)(10)
;;! run: h(11)
;;! expect: slots = 3
;;! expect: site 0 = 1, 7
;;! expect: site 1 = 1, 11     ;; app.h, by the table
;;! expect: pool = 3, 27       ;; 8 + 9 + 10
(module
  (type $alloc (func (param i32) (result i32)))
  (import "env" "malloc" (func $malloc (type $alloc)))
  (export "malloc" (func $malloc))
  (table (export "table") funcref (elem $malloc))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $app.h (export "h") (param $n i32) (result i32)
    (call_indirect (type $alloc) (local.get $n) (i32.const 0)))
)
