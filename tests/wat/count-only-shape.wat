;; A malloc with parameters that the model does not know: which of them is the size cannot be told, so
;; allocations are counted and bytes are not.
;;! args: -print-allocs '^app\.'
;;! run: f(0)
;;! run: f(1)
;;! run: g()
;;! run: h()
;;! expect: slots = 3
;;! expect: site 0 = 1, 0      ;; f(1) gets null
;;! expect: site 1 = 2, 0      ;; app.g by lib.two: two calls
;;! expect: pool = 2, 0        ;; lib.two, called by the host
(module
  ;; Null when the second argument is 1.
  (func $malloc (param i32 i32) (result i32)
    (i32.sub (i32.const 1) (local.get 1)))
  (func $lib.two (export "h")
    (drop (call $malloc (i32.const 100) (i32.const 0)))
    (drop (call $malloc (i32.const 200) (i32.const 3))))
  (func $app.f (export "f") (param $fail i32) (result i32)
    (call $malloc (i32.const 24) (local.get $fail)))
  (func $app.g (export "g")
    (call $lib.two))
)
