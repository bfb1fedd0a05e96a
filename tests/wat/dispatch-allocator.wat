;; The allocator itself is in the table: a selected indirect call is a dispatch site, another is the pool's,
;; and so is a call by the host, to which the entry and the export stay one function.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: g(5)
;;! run: table.get(0)(3)
;;! run: table.get(0) === malloc
;;! expect: slots = 2
;;! expect: site 0 = 1, 24
;;! expect: pool = 2, 8        ;; lib.g and the host: 5 + 3
(module
  (type $alloc (func (param i32) (result i32)))
  (table (export "table") funcref (elem $malloc))
  (global $top (mut i32) (i32.const 1024))
  (func $malloc (export "malloc") (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_indirect (type $alloc) (local.get $n) (i32.const 0)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call_indirect (type $alloc) (local.get $n) (i32.const 0)))
)
