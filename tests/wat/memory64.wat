;; A 64-bit program: sizes and pointers are i64, one request is larger than 32 bits can say, and calloc
;; multiplies. The counter memory stays 32-bit.
;;! args: -print-allocs '^app\.'
;;! run: f(24n)
;;! run: f(0x100000010n)
;;! run: f(0n)
;;! run: g(5n)
;;! run: zeroed(0x80000000n, 6n)
;;! run: malloc(1n)
;;! expect: slots = 4
;;! expect: site 0 = 3, 4294967336      ;; 24 + 0x100000010 + 0
;;! expect: site 1 = 1, 12884901888     ;; calloc(2^31, 6) = 6 × 2^31
;;! expect: site 2 = 1, 5               ;; app.g by lib.h
;;! expect: pool = 1, 1
(module
  (memory (export "memory") i64 1)
  (global $top (mut i64) (i64.const 1024))
  (func $malloc (export "malloc") (param $size i64) (result i64)
    (i64.store (i64.const 8) (local.get $size))
    (global.get $top)
    (global.set $top (i64.add (global.get $top) (local.get $size))))
  (func $calloc (param $n i64) (param $size i64) (result i64)
    (i64.const 4096))
  (func $lib.h (param $n i64) (result i64)
    (call $malloc (local.get $n)))
  (func $app.f (export "f") (param $n i64) (result i64)
    (call $malloc (local.get $n)))
  (func $app.g (export "g") (param $n i64) (result i64)
    (call $lib.h (local.get $n)))
  (func $app.zeroed (export "zeroed") (param $n i64) (param $size i64) (result i64)
    (call $calloc (local.get $n) (local.get $size)))
)
