;; A failed allocation counts nothing, whichever way it is reached.
;;! args: -print-allocs '^app\.'
;;! run: direct(1000)
;;! run: direct(1001)
;;! run: through(10)
;;! run: through(1001)
;;! run: dispatch(1001)
;;! run: malloc(1001)
;;! run: malloc(7)
;;! expect: slots = 4
;;! expect: site 0 = 1, 1000   ;; direct(1001) gets null
;;! expect: site 1 = 3, 14     ;; lib.pair(10) gets 10 and 2, lib.pair(1001) null and 2
;;! expect: site 2 = 0, 0      ;; dispatch(1001) gets null
;;! expect: pool = 1, 7        ;; malloc(7) by the host, malloc(1001) gets null
(module
  (type $alloc (func (param i32) (result i32)))
  (table funcref (elem $malloc))
  (func $malloc (export "malloc") (param $size i32) (result i32)
    (select (i32.const 0) (i32.const 16) (i32.gt_u (local.get $size) (i32.const 1000))))
  (func $lib.pair (param $n i32) (result i32)
    (i32.add
      (call $malloc (local.get $n))
      (call $malloc (i32.const 2))))
  (func $app.direct (export "direct") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $app.through (export "through") (param $n i32) (result i32)
    (call $lib.pair (local.get $n)))
  (func $app.dispatch (export "dispatch") (param $n i32) (result i32)
    (call_indirect (type $alloc) (local.get $n) (i32.const 0)))
)
