;; `--bytes heap`: what the heap of the model spends on each allocation, which is the request and 8 bytes of
;; header, rounded up to 16, in 64 bits. A request for 0 bytes is no allocation in this model.
;;! args: -print-allocs '^app\.' --bytes heap --model-file granule.toml
;;! run: f(1)
;;! run: f(8)
;;! run: f(9)
;;! run: f(0)
;;! run: f(-1)
;;! run: g(24)
;;! run: g(0)
;;! run: take(25)
;;! expect: slots = 3
;;! expect: site 0 = 4, 4294967376     ;; 16 + 16 + 32 + 4294967312, which is 2^32 - 1 + 8 rounded up
;;! expect: site 1 = 1, 32             ;; app.g by lib.h: 24 + 8
;;! expect: pool = 1, 48               ;; 25 + 8 = 33, rounded up
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
