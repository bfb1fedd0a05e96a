;; `--log-fn` names a function that is not there.
;;! args: -print-allocs '.*' --log-fn log_aloc
;;! status: 2
(module
  (import "env" "log_alloc" (func $log_alloc (param i32 i32)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (result i32)
    (call $malloc (i32.const 1)))
)
