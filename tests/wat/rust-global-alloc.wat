;; `alloc` of a #[global_allocator] that was kept out of line while __rust_alloc around it was inlined: it counts, but where
;; the size is, Rust does not say. Of realloc it is the last, with &self or without. alloc_zeroed calls System's, where the
;; bytes are known, and gives way to it.
;;! args: -print-allocs '^app::'
;;! run: f()
;;! expect: slots = 6
;;! expect: site 0 = 1, 0 alloc direct             ;; alloc(4, 24)
;;! expect: site 1 = 1, 40 alloc direct size=40    ;; realloc(self, p, 4, 24, 40)
;;! expect: site 2 = 1, 56 alloc direct size=56    ;; realloc(p, 4, 40, 56)
;;! expect: site 3 = 1, 0 alloc direct             ;; alloc(4, 16), by its v0 name
;;! expect: site 4 = 1, 8 call through             ;; alloc_zeroed(4, 8) over Dlmalloc::malloc(8)
(module
  (global $top (mut i32) (i32.const 1024))
  (func $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $_ZN60_$LT$bump..A$u20$as$u20$core..alloc..global..GlobalAlloc$GT$5alloc17h0123456789abcdefE
      (param $align i32) (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $_ZN60_$LT$bump..A$u20$as$u20$core..alloc..global..GlobalAlloc$GT$7realloc17h0123456789abcdefE
      (param $self i32) (param $old i32) (param $align i32) (param $size i32) (param $new i32) (result i32)
    (local.get $old))
  (func $_ZN60_$LT$bump..B$u20$as$u20$core..alloc..global..GlobalAlloc$GT$7realloc17h0123456789abcdefE
      (param $old i32) (param $align i32) (param $size i32) (param $new i32) (result i32)
    (local.get $old))
  (func $_ZN60_$LT$bump..A$u20$as$u20$core..alloc..global..GlobalAlloc$GT$12alloc_zeroed17h0123456789abcdefE
      (param $align i32) (param $size i32) (result i32)
    (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE (local.get $size)))
  (func $_RNvXCsf0zYDBCWyct_4bumpNtB2_1ANtNtNtCsgXGp5Oqx2Ny_4core5alloc6global11GlobalAlloc5alloc
      (param $align i32) (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $app::f (export "f")
    (drop
      (call $_ZN60_$LT$bump..B$u20$as$u20$core..alloc..global..GlobalAlloc$GT$7realloc17h0123456789abcdefE
        (call $_ZN60_$LT$bump..A$u20$as$u20$core..alloc..global..GlobalAlloc$GT$7realloc17h0123456789abcdefE
          (i32.const 0)
          (call $_ZN60_$LT$bump..A$u20$as$u20$core..alloc..global..GlobalAlloc$GT$5alloc17h0123456789abcdefE
            (i32.const 4) (i32.const 24))
          (i32.const 4) (i32.const 24) (i32.const 40))
        (i32.const 4) (i32.const 40) (i32.const 56)))
    (drop
      (call $_ZN60_$LT$bump..A$u20$as$u20$core..alloc..global..GlobalAlloc$GT$12alloc_zeroed17h0123456789abcdefE
        (i32.const 4) (i32.const 8)))
    (drop
      (call $_RNvXCsf0zYDBCWyct_4bumpNtB2_1ANtNtNtCsgXGp5Oqx2Ny_4core5alloc6global11GlobalAlloc5alloc
        (i32.const 4) (i32.const 16))))
)
