;; More than 4 GiB through one site, through a helper and through the pool: counters are 64-bit, and sizes
;; of 2 GiB and more are unsigned.
;;! args: -print-allocs '^app\.'
;;! run: f(5, 0x40000000)
;;! run: f(3, -1)
;;! run: g(6, 0x80000000)
;;! run: repeat(4, 0xc0000000)
;;! expect: slots = 3
;;! expect: site 0 = 8, 18253611005     ;; 5 × 2^30 + 3 × (2^32 - 1)
;;! expect: site 1 = 6, 12884901888     ;; 6 × 2^31
;;! expect: pool = 4, 12884901888       ;; 4 × 3 × 2^30
(module
  ;; Gives nothing out, so that the test needs no memory.
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.repeat (export "repeat") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $malloc (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $app.f (export "f") (param $n i32) (param $size i32)
    (loop $again
      (drop (call $malloc (local.get $size)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $app.g (export "g") (param $n i32) (param $size i32)
    (call $lib.repeat (local.get $n) (local.get $size)))
)
