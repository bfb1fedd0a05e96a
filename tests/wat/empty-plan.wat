;; An allocator that nobody calls, exports or refers to: nothing to count, so the output is the input, byte
;; for byte.
;;! args: -print-allocs '.*'
;;! run: f(1)
;;! expect: unchanged
(module
  (func $malloc (param $size i32) (result i32)
    (call $dlmalloc (local.get $size)))
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (local.get $n))
)
