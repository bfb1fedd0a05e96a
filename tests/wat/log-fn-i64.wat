;; `--log-fn` with a size of 64 bits: the type that is there is obeyed, and sizes are unsigned.
;;! args: -print-allocs '^app\.' --log-fn log_alloc
;;! run: f(10)
;;! run: f(-1)
;;! expect: slots = 0
;;! expect: logged = [[0,"10n"],[0,"4294967295n"]]
(module
  (import "env" "log_alloc" (func $log_alloc (param i32 i64)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32)
    (drop (call $malloc (local.get $n))))
)
