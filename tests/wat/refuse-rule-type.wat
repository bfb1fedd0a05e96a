;; A rule names a parameter that is no integer.
;;! args: -print-allocs '.*' --allocator '^take$=1'
;;! status: 2
(module
  (func $take (param $size i32) (param $scale f32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $take (i32.const 1) (f32.const 1)))
)
