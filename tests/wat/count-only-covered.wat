;; An operator new whose parameters the model does not know, over a malloc that it does know: the inner one
;; is counted, because it knows the bytes, and the call of operator new is a through site.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: g(5)
;;! expect: slots = 2
;;! expect: site 0 = 1, 24 through
;;! expect: pool = 1, 5
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $_Znwm (param $class i32) (param $size i32) (param $flags i64) (result i32)
    (call $malloc (local.get $size)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $_Znwm (i32.const 1) (local.get $n) (i64.const 0)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $_Znwm (i32.const 1) (local.get $n) (i64.const 0)))
)
