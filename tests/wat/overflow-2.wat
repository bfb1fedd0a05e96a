;; Three sites and two slots: the first has one of its own, the others share the overflow slot. Totals stay
;; exact.
;;! args: -print-allocs '^app\.' -print-allocs-max-sites 2
;;! run: f()
;;! run: f()
;;! run: g()
;;! expect: slots = 2
;;! expect: site 0 = 2, 2      ;; malloc(1)
;;! expect: site 1 = 6, 50     ;; twice malloc(10), and twice lib.grow's 7 and 8
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
