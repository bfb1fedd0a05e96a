;; One type called through three tables, one of them with 64-bit indices: each call stays with its own
;; table.
;;! args: -print-allocs '^app\.'
;;! run: f(10)
;;! run: g(20)
;;! run: h(30, 0x100000001n)
;;! run: h(30, 1n)
;;! expect: slots = 4
;;! expect: site 0 = 1, 10     ;; entry 1 of the first table allocates n
;;! expect: site 1 = 1, 21     ;; entry 1 of the second allocates n + 1
;;! expect: site 2 = 1, 32     ;; entry 1 of the third n + 2; the index above 32 bits is out of bounds
(module
  (type $work (func (param i32) (result i32)))
  (table $first funcref (elem $lib.none $lib.make))
  (table $second funcref (elem $lib.none $lib.make_1))
  (table $third i64 2 2 funcref)
  (elem (table $third) (i64.const 0) func $lib.none $lib.make_2)
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.none (type $work)
    (local.get 0))
  (func $lib.make (type $work)
    (call $malloc (local.get 0)))
  (func $lib.make_1 (type $work)
    (call $malloc (i32.add (local.get 0) (i32.const 1))))
  (func $lib.make_2 (type $work)
    (call $malloc (i32.add (local.get 0) (i32.const 2))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_indirect $first (type $work) (local.get $n) (i32.const 1)))
  (func $app.g (export "g") (param $n i32) (result i32)
    (call_indirect $second (type $work) (local.get $n) (i32.const 1)))
  (func $app.h (export "h") (param $n i32) (param $i i64) (result i32)
    (call_indirect $third (type $work) (local.get $n) (local.get $i)))
)
