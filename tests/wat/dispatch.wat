;; An indirect call is a site when its type has an address-taken function that allocates; it traps as
;; before. A type without such a function makes no site, even where another function of that type allocates.
;;! args: -print-allocs '^app\.'
;;! run: f(0, 24)
;;! run: f(1, 5)
;;! run: f(0, 8)
;;! run: f(2, 1)
;;! run: f(9, 1)
;;! run: f(3, 1)
;;! run: g(7n)
;;! run: h(4n)
;;! expect: slots = 3
;;! expect: site 0 = 1, 4 direct      ;; app.h
;;! expect: site 1 = 2, 32 dispatch   ;; table entry 0 at f(0, 24) and f(0, 8)
;;! expect: pool = 0, 0
(module
  (type $work (func (param i32) (result i32)))
  (type $quiet (func (param i64) (result i64)))
  (table 6 funcref)
  (elem (i32.const 0) $lib.make $lib.twice)
  (elem (i32.const 3) $lib.nothing)
  (global $top (mut i32) (i32.const 1024))
  (func $malloc (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $lib.make (type $work)
    (call $malloc (local.get 0)))
  (func $lib.twice (type $work)
    (i32.shl (local.get 0) (i32.const 1)))
  (func $lib.nothing (type $quiet)
    (local.get 0))
  (func $app.f (export "f") (param $i i32) (param $n i32) (result i32)
    (call_indirect (type $work) (local.get $n) (local.get $i)))
  (func $app.g (export "g") (param i64) (result i64)
    (call_indirect (type $quiet) (local.get 0) (i32.const 3)))
  ;; Allocates and is of the type $quiet, but cannot be called through the table.
  (func $app.h (export "h") (type $quiet)
    (i64.extend_i32_u (call $malloc (i32.wrap_i64 (local.get 0)))))
)
