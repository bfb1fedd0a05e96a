;; An allocator that calls itself, and by way of its helper again: one call from outside is one allocation.
;;! args: -print-allocs '.*'
;;! run: f(5000)
;;! run: f(10)
;;! expect: slots = 2
;;! expect: site 0 = 2, 5010
;;! expect: pool = 0, 0
(module
  (func $malloc (param $size i32) (result i32)
    (if (i32.gt_u (local.get $size) (i32.const 100))
      (then (return (call $lib.halve (local.get $size)))))
    (i32.const 16))
  (func $lib.halve (param $size i32) (result i32)
    (drop (call $malloc (i32.shr_u (local.get $size) (i32.const 1))))
    (return_call $malloc (i32.shr_u (local.get $size) (i32.const 1))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
)
