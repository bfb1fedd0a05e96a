;; An indirect call that may reach an allocator whose size is not known counts without bytes, and the site
;; table says so (`count_only`).
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: f(0)
;;! expect: slots = 2
;;! expect: site 0 = 2, 0 dispatch
;;! expect: pool = 0, 0
(module
  (type $make (func (param i32) (result i32)))
  (table funcref (elem $lib.make))
  (func $malloc (param i32 i32) (result i32)
    (i32.const 16))
  (func $lib.make (type $make)
    (call $malloc (local.get 0) (i32.const 8)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_indirect (type $make) (local.get $n) (i32.const 0)))
)
