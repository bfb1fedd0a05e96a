;; `--log-fn` where the bytes are measured: one call of the logging function for what a through or dispatch
;; site allocated, however many allocations that were.
;;! args: -print-allocs '^app\.' --log-fn log_alloc
;;! total: varies              ;; the log has one entry for a measured site; its bytes are all there
;;! run: f(10)
;;! run: g(20)
;;! run: f(0)
;;! expect: slots = 0
;;! expect: logged = [[0,"30"],[1,"60"]]    ;; 10 + 20, by the table 20 + 40; lib.twice(0): nothing
(module
  (type $twice (func (param i32)))
  (import "env" "log_alloc" (func $log_alloc (param i32 i32)))
  (table funcref (elem $lib.twice))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.twice (type $twice)
    (if (i32.eqz (local.get 0))
      (then (return)))
    (drop (call $malloc (local.get 0)))
    (drop (call $malloc (i32.shl (local.get 0) (i32.const 1)))))
  (func $app.f (export "f") (param $n i32)
    (call $lib.twice (local.get $n)))
  (func $app.g (export "g") (param $n i32)
    (call_indirect (type $twice) (local.get $n) (i32.const 0)))
)
