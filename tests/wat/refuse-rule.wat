;; A rule names a parameter that the function does not have.
;;! args: -print-allocs '.*' --allocator '^take$=2'
;;! status: 2
(module
  (func $take (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $take (i32.const 1)))
)
