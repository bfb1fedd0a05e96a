;; A bump allocator that ignores align: the optimiser leaves one parameter, which could be either, so nothing but the count
;; is trusted; __rust_realloc, which kept all four, still knows its bytes.
;;! args: -print-allocs '^app::'
;;! run: f()
;;! expect: slots = 3
;;! expect: site 0 = 1, 0
;;! expect: site 1 = 1, 48
;;! expect: pool = 0, 0
(module
  (func $__rust_alloc (param $survivor i32) (result i32)
    (i32.const 16))
  (func $__rust_realloc (param $ptr i32) (param $old i32) (param $align i32) (param $new i32) (result i32)
    (i32.const 16))
  (func $app::f (export "f")
    (drop (call $__rust_alloc (i32.const 24)))
    (drop (call $__rust_realloc (i32.const 16) (i32.const 24) (i32.const 8) (i32.const 48))))
)
