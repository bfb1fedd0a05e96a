;; `--log-fn` names a function that cannot be called with a site and a size.
;;! args: -print-allocs '.*' --log-fn log_alloc
;;! status: 2
(module
  (import "env" "log_alloc" (func $log_alloc (param i32 f32)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
)
