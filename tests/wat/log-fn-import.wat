;; `--log-fn` with a function that the module imports, found by its import name, of TinyGo's shape: site,
;; size, and a context that gets null.
;;! args: -print-allocs '^app\.' --log-fn log_alloc
;;! run: f(10)
;;! run: f(-1)
;;! run: g(5)
;;! expect: slots = 0
;;! expect: logged = [[0,"10","0"],[1,"3","0"],[0,"-1","0"],[1,"3","0"]]    ;; i32: the host reads -1 as it likes
;;! expect: pool = 1, 5
(module
  (import "env" "log_alloc" (func $host_log (param i32 i32 i32)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32)
    (drop (call $malloc (local.get $n)))
    (drop (call $malloc (i32.const 3))))
  (func $lib.g (export "g") (param $n i32)
    (drop (call $malloc (local.get $n))))
)
