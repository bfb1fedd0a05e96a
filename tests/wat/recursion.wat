;; 10 000 levels deep through one site: each level takes what its helper allocates before and after the next
;; level, and nothing of the levels beneath.
;;! args: -print-allocs '^app\.'
;;! node: --stack-size=3000    ;; KiB: two frames a level, and two more in the instrumented build
;;! run: f(10000)
;;! run: f(1)
;;! expect: slots = 2
;;! expect: site 0 = 20002, 120012     ;; (10000 + 1) levels of 8 + 4 bytes, in two allocations each
;;! expect: pool = 0, 0
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.step (param $n i32)
    (drop (call $malloc (i32.const 8)))
    (call $app.f (i32.sub (local.get $n) (i32.const 1)))
    (drop (call $malloc (i32.const 4))))
  (func $app.f (export "f") (param $n i32)
    (if (local.get $n)
      (then (call $lib.step (local.get $n)))))
)
