;; Blocks of a size that is no power of two. What is not known is not rounded, either.
;;! args: -print-allocs '^app\.' --bytes heap --model-file granule-12.toml --allocator '^grab$=?'
;;! run: f(1)
;;! run: f(8)
;;! run: f(9)
;;! run: f(0)
;;! run: f(-1)
;;! run: g()
;;! expect: slots = 3
;;! expect: site 0 = 5, 4294967364     ;; 12 + 12 + 24 + 12 + 4294967304, which is 2^32 - 1 + 4 rounded up
;;! expect: site 1 = 1, 0              ;; grab
;;! expect: pool = 0, 0
(module
  (func $take (param $size i32) (result i32)
    (i32.const 16))
  (func $grab (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $take (local.get $n)))
  (func $app.g (export "g") (result i32)
    (call $grab))
)
