;; A model was asked for that the program does not follow.
;;! args: -print-allocs '.*' --model tinygo
;;! status: 3
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
)
