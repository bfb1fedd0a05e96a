;; Rust's allocation functions as linkers write them before rustc 1.90: __rust_alloc(size, align), its zeroed sibling, and
;; __rust_realloc(ptr, old size, align, new size), over std's allocator, whose own calls are left alone.
;;! args: -print-allocs '^app::'
;;! run: f(40)
;;! run: g(7)
;;! expect: slots = 6
;;! expect: site 0 = 1, 24 alloc direct size=24    ;; Box
;;! expect: site 1 = 1, 40 slice direct            ;; a size that is not constant
;;! expect: site 2 = 1, 80 slice direct            ;; the new size, not the 40 before
;;! expect: site 3 = 1, 5 alloc direct             ;; __rdl_alloc, called directly
;;! expect: site 4 = 1, 16 append through          ;; alloc::vec::Vec<T,A>::push, by way of grow_one
;;! expect: pool = 1, 7                            ;; lib::g
(module
  (func $__rdl_alloc (param $size i32) (param $align i32) (result i32)
    (i32.const 16))
  (func $__rdl_alloc_zeroed (param $size i32) (param $align i32) (result i32)
    (call $__rdl_alloc (i32.add (local.get $size) (i32.const 8)) (local.get $align)))
  (func $__rdl_realloc (param $ptr i32) (param $old i32) (param $align i32) (param $new i32) (result i32)
    (call $__rdl_alloc (local.get $new) (local.get $align)))
  (func $__rust_alloc (param $size i32) (param $align i32) (result i32)
    (call $__rdl_alloc (local.get $size) (local.get $align)))
  (func $__rust_alloc_zeroed (param $size i32) (param $align i32) (result i32)
    (call $__rdl_alloc_zeroed (local.get $size) (local.get $align)))
  (func $__rust_realloc (param $ptr i32) (param $old i32) (param $align i32) (param $new i32) (result i32)
    (call $__rdl_realloc (local.get $ptr) (local.get $old) (local.get $align) (local.get $new)))
  (func $_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h0123456789abcdefE
    (drop (call $__rust_alloc (i32.const 16) (i32.const 4))))
  (func $_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0123456789abcdefE
    (call $_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h0123456789abcdefE))
  (func $_ZN3app1f17h0123456789abcdefE (export "f") (param $n i32)
    (drop (call $__rust_alloc (i32.const 24) (i32.const 8)))
    (drop (call $__rust_alloc_zeroed (local.get $n) (i32.const 1)))
    (drop (call $__rust_realloc (i32.const 16) (local.get $n) (i32.const 1) (i32.shl (local.get $n) (i32.const 1))))
    (drop (call $__rdl_alloc (i32.const 5) (i32.const 1)))
    (call $_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0123456789abcdefE))
  (func $_ZN3lib1g17h0123456789abcdefE (export "g") (param $n i32)
    (drop (call $__rust_alloc (local.get $n) (i32.const 1))))
)
