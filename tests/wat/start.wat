;; What the start function allocates is counted before the host has the instance.
;;! args: -print-allocs '^app\.'
;;! run: f(5)
;;! expect: slots = 3
;;! expect: site 0 = 1, 100    ;; app.start's malloc, once, at instantiation
;;! expect: site 1 = 2, 35     ;; app.start by lib.prepare: 30 at instantiation, 5 at f(5)
;;! expect: pool = 0, 0
(module
  (start $app.start)
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.prepare (param $n i32)
    (drop (call $malloc (local.get $n))))
  (func $app.start
    (drop (call $malloc (i32.const 100)))
    (call $app.prepare (i32.const 30)))
  (func $app.prepare (export "f") (param $n i32)
    (call $lib.prepare (local.get $n)))
)
