;; One slot is the overflow slot: whatever is selected lands in it, and the pool stays apart.
;;! args: -print-allocs '^app\.' -print-allocs-max-sites 1
;;! run: f()
;;! run: f()
;;! run: g()
;;! expect: slots = 1
;;! expect: site 0 = 8, 52     ;; twice malloc(1), malloc(10) and lib.grow's 7 and 8
;;! expect: pool = 2, 15       ;; lib.grow, called by the host
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.grow (export "g")
    (drop (call $malloc (i32.const 7)))
    (drop (call $malloc (i32.const 8))))
  (func $app.f (export "f")
    (call $lib.grow)
    (drop (call $malloc (i32.const 1)))
    (drop (call $malloc (i32.const 10))))
)
