;; A relocatable object, which has yet to be linked.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
  ;; Version 2 of the linking section, nothing in it.
  (@custom "linking" "\02")
)
