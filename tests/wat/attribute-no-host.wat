;; Without `--attribute host` a call of an import is no site: what the host allocates is the pool's.
;;! args: -print-allocs '^app\.'
;;! run: f(40)
;;! run: g(50)
;;! expect: slots = 2
;;! expect: site 0 = 1, 3      ;; app.f, direct
;;! expect: pool = 2, 90       ;; the import called by app.f 40 and by lib.g 50
(module
  (import "env" "callback_malloc" (func $callback_malloc (param i32) (result i32)))
  (import "env" "log" (func $log (param i32)))
  (func $malloc (export "malloc") (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $callback_malloc (local.get $n))
    (call $log (i32.const 1))
    (drop (call $malloc (i32.const 3))))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $callback_malloc (local.get $n)))
)
