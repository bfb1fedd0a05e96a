;; A helper traps under a through site and under a dispatch site, deep in the stack: what it allocated
;; before stays in the pool, and the instance goes on counting.
;;! args: -print-allocs '^app\.'
;;! run: f(0)
;;! run: f(3)
;;! run: g(0)
;;! run: g(5)
;;! run: h(0)
;;! run: h(7)
;;! expect: slots = 4
;;! expect: site 0 = 1, 103    ;; app.f(3) by lib.divide(3), which allocates 100 + n and divides by n
;;! expect: site 1 = 1, 107    ;; app.h(7): lib.deep and lib.divide(7); app.h(0) traps
;;! expect: site 2 = 1, 105    ;; app.g(5), by the table
;;! expect: pool = 3, 300      ;; f(0), g(0) and h(0) trapped after allocating 100
(module
  (type $work (func (param i32) (result i32)))
  (table funcref (elem $lib.divide))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.divide (type $work)
    (i32.div_u (call $malloc (i32.add (local.get 0) (i32.const 100))) (local.get 0)))
  (func $lib.deep (type $work)
    (call $lib.divide (local.get 0)))
  (func $app.f (export "f") (type $work)
    (call $lib.divide (local.get 0)))
  (func $app.g (export "g") (type $work)
    (call_indirect (type $work) (local.get 0) (i32.const 0)))
  (func $app.h (export "h") (type $work)
    (call $lib.deep (local.get 0)))
)
