;; No slot at all is a mistake of the user's: there would be nothing to count in.
;;! args: -print-allocs '^app\.' -print-allocs-max-sites 0
;;! status: 2
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
)
