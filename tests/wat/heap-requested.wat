;; The model of heap.wat with the bytes that were requested: a request for 0 bytes is no allocation here,
;; either.
;;! args: -print-allocs '^app\.' --model-file granule.toml
;;! run: f(1)
;;! run: f(8)
;;! run: f(9)
;;! run: f(0)
;;! run: f(-1)
;;! run: g(24)
;;! run: g(0)
;;! run: take(25)
;;! expect: slots = 3
;;! expect: site 0 = 4, 4294967313     ;; 1 + 8 + 9 + 2^32 - 1
;;! expect: site 1 = 1, 24             ;; app.g by lib.h
;;! expect: pool = 1, 25
(module
  (func $take (export "take") (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.h (param $n i32) (result i32)
    (call $take (local.get $n)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $take (local.get $n)))
  (func $app.g (export "g") (param $n i32) (result i32)
    (call $lib.h (local.get $n)))
)
