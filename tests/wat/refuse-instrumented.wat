;; A module that is instrumented already.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (memory (export "allocinstr") 1 1)
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
  (@custom "allocinstr" "{}")
)
