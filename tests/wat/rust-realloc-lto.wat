;; Fat LTO drops a parameter of __rust_realloc that the allocator ignores. What is resized in place never gets to the allocator
;; beneath, so it must not give way to it: with three parameters the new size is the last, with two nobody knows.
;;! args: -print-allocs '^app::'
;;! run: f(0)
;;! run: f(1)
;;! expect: slots = 4
;;! expect: site 0 = 2, 16 alloc direct size=8    ;; __rust_alloc(8, 4)
;;! expect: site 1 = 2, 48 alloc direct size=24   ;; __rust_realloc(p, 4, 24): in place at f(0), moved at f(1)
;;! expect: site 2 = 2, 0 alloc direct            ;; __rdl_realloc(p, 32): its bytes are not known, moved or not
(module
  (global $top (mut i32) (i32.const 1024))
  (func $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $__rust_alloc (param $size i32) (param $align i32) (result i32)
    (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE (local.get $size)))
  (func $__rust_realloc (param $old i32) (param $align i32) (param $new i32) (result i32)
    (if (result i32) (global.get $moves)
      (then (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE (local.get $new)))
      (else (local.get $old))))
  (func $__rdl_realloc (param $old i32) (param $new i32) (result i32)
    (if (result i32) (global.get $moves)
      (then (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h0123456789abcdefE (local.get $new)))
      (else (local.get $old))))
  (global $moves (mut i32) (i32.const 0))
  (func $app::f (export "f") (param $moves i32)
    (global.set $moves (local.get $moves))
    (drop (call $__rust_realloc (call $__rust_alloc (i32.const 8) (i32.const 4)) (i32.const 4) (i32.const 24)))
    (drop (call $__rdl_realloc (i32.const 16) (i32.const 32))))
)
