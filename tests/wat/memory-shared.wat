;; A module with shared memory of its own and one whose host shares it: the counters are private to the
;; instance.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: f(8)
;;! run: g(5)
;;! expect: slots = 3
;;! expect: site 0 = 2, 32
;;! expect: site 1 = 1, 5      ;; app.g by lib.h
;;! expect: pool = 0, 0
(module
  (import "env" "shared_memory" (memory $imported 1 4 shared))
  (memory $own (export "memory") 1 2 shared)
  (data (memory $imported) (i32.const 0) "\00\04\00\00")
  (func $malloc (param $size i32) (result i32)
    (drop (i32.atomic.rmw.add $own (i32.const 8) (i32.const 1)))
    (i32.atomic.rmw.add $imported (i32.const 0) (local.get $size)))
  (func $lib.h (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $app.g (export "g") (param $n i32) (result i32)
    (call $lib.h (local.get $n)))
)
