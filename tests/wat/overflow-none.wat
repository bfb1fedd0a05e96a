;; Three sites and room for four: a slot each, and the overflow slot is empty.
;;! args: -print-allocs '^app\.' -print-allocs-max-sites 4
;;! run: f()
;;! run: f()
;;! run: g()
;;! expect: slots = 4
;;! expect: site 0 = 2, 2      ;; malloc(1)
;;! expect: site 1 = 2, 20     ;; malloc(10)
;;! expect: site 2 = 4, 30     ;; lib.grow's 7 and 8, twice
;;! expect: site 3 = 0, 0
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
