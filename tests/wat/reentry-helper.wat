;; A helper calls back into selected code, which has sites of its own, through sites among them: each byte
;; stays with the innermost site, and the outer one takes the helper's own.
;;! args: -print-allocs '^app\.'
;;! run: f()
;;! run: f()
;;! expect: slots = 4
;;! expect: site 0 = 2, 32     ;; app.visit, direct: 16 at each run
;;! expect: site 1 = 4, 24     ;; app.f calls lib.each: 8 before and 4 after the callback, at each of two runs
;;! expect: site 2 = 2, 128    ;; app.visit calls lib.grow: 64 at each run
;;! expect: pool = 0, 0
(module
  (table funcref (elem $app.visit))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.each
    (drop (call $malloc (i32.const 8)))
    (call_indirect (i32.const 0))
    (drop (call $malloc (i32.const 4))))
  (func $lib.grow
    (drop (call $malloc (i32.const 64))))
  (func $app.f (export "f")
    (call $lib.each))
  (func $app.visit
    (drop (call $malloc (i32.const 16)))
    (call $lib.grow))
)
