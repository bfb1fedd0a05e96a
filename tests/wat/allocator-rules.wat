;; Allocators that only the user knows, one for each rule: a parameter that is not the first, an i64 size, a
;; product of mixed widths, and unknown, with no result and with results that are no integer.
;;! args: -print-allocs '^app\.' --allocator '^take$=1' --allocator '^take64$=0' --allocator '^rows$=0*2' --allocator '^lib\.(note|mark|box)$=?'
;;! run: f()
;;! run: take(1, 2)
;;! run: take(0, 2)
;;! expect: slots = 7
;;! expect: site 0 = 1, 24 size=24     ;; take(1, 24)
;;! expect: site 1 = 1, 8589934592     ;; take64(2^33)
;;! expect: site 2 = 1, 12884901888 size=null   ;; rows(3, …, 2^32) = 3 × 2^32
;;! expect: site 3 = 1, 0              ;; lib.note has no result: a call that returns has allocated
;;! expect: site 4 = 1, 0              ;; lib.mark's results are no integers
;;! expect: site 5 = 1, 0              ;; lib.box returns a reference, null though it is
;;! expect: pool = 1, 2                ;; take(1, 2) by the host; take(0, 2) is null
(module
  (func $take (export "take") (param $pool i32) (param $size i32) (result i32)
    (local.get $pool))
  (func $take64 (param $size i64) (result i64)
    (i64.const 16))
  (func $rows (param $n i32) (param $flags f32) (param $size i64) (result i32)
    (i32.const 16))
  (func $lib.note)
  (func $lib.mark (param f64) (result (ref i31) f64)
    (ref.i31 (i32.const 1))
    (local.get 0))
  (func $lib.box (result externref)
    (ref.null extern))
  (func $app.f (export "f")
    (drop (call $take (i32.const 1) (i32.const 24)))
    (drop (call $take64 (i64.const 0x200000000)))
    (drop (call $rows (i32.const 3) (f32.const 0) (i64.const 0x100000000)))
    (call $lib.note)
    (drop (drop (call $lib.mark (f64.const 0))))
    (drop (call $lib.box)))
)
