;; calloc's bytes are the product of its parameters, computed in 64 bits; so is the constant size in the
;; site table.
;;! args: -print-allocs '^app\.'
;;! run: f(3, 8)
;;! run: f(0x10000, 0x10000)
;;! run: f(-1, -1)
;;! run: f(0, 8)
;;! run: g()
;;! expect: slots = 3
;;! expect: site 0 = 3, 4294967320                 ;; 24 + 2^32 + 0; calloc(-1, -1) gets null
;;! expect: site 1 = 1, 18446744065119617025       ;; calloc(2^32 - 1, 2^32 - 1) gets something here: (2^32 - 1)^2
;;! expect: pool = 0, 0
(module
  (func $calloc (param $n i32) (param $size i32) (result i32)
    (select
      (global.get $at_minus_1)
      (i32.const 16)
      (i32.eq (local.get $n) (i32.const -1))))
  (global $at_minus_1 (mut i32) (i32.const 0))
  (func $app.f (export "f") (param $n i32) (param $size i32) (result i32)
    (call $calloc (local.get $n) (local.get $size)))
  (func $app.g (export "g") (result i32)
    (global.set $at_minus_1 (i32.const 16))
    (call $calloc (i32.const -1) (i32.const -1)))
)
