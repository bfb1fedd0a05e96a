;; A module that is not valid: the input is to blame, and the place is named.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i64.const 1)))
)
