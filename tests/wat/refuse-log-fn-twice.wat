;; `--log-fn` with a name that two functions have.
;;! args: -print-allocs '^app\.' --log-fn log
;;! status: 2
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $one (@name "log") (param $site i32) (param $size i32))
  (func $two (@name "log") (param $site i32) (param $size i32))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
)
