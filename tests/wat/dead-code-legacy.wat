;; What follows `rethrow` in a handler is dead; what follows the handler is not.
;;! args: -print-allocs '^app\.'
;;! run: f(0)
;;! run: f(1)
;;! expect: slots = 2
;;! expect: site 0 = 1, 2      ;; f(0); f(1) throws out of the handler
;;! expect: pool = 0, 0
(module
  (tag $odd)
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $fail i32)
    try
      (if (local.get $fail)
        (then (throw $odd)))
    catch $odd
      rethrow 0
      (drop (call $malloc (i32.const 1001)))
    end
    (drop (call $malloc (i32.const 2))))
)
