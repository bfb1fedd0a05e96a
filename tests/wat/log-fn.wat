;; `--log-fn`: sites are logged by a function of the program itself, whose own calls are no sites though the
;; regular expression selects it. Null is not logged. There are no site counters, only the pool.
;;! args: -print-allocs '^(app|log)\.' --log-fn log.alloc
;;! run: f(10)
;;! run: f(1001)
;;! run: g(5)
;;! expect: slots = 0
;;! expect: program = 3, 16    ;; malloc(10), and malloc(3) at both runs; the first of f(1001) gets null
;;! expect: pool = 1, 5        ;; lib.g
(module
  (global $count (mut i64) (i64.const 0))
  (global $bytes (mut i64) (i64.const 0))
  (func $malloc (param $size i32) (result i32)
    (select (i32.const 0) (i32.const 16) (i32.gt_u (local.get $size) (i32.const 1000))))
  (func $log.alloc (param $site i32) (param $size i32)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $bytes (i64.add (global.get $bytes) (i64.extend_i32_u (local.get $size)))))
  (func $lib.count (export "logged_count") (result i64)
    (global.get $count))
  (func $lib.bytes (export "logged_bytes") (result i64)
    (global.get $bytes))
  (func $app.f (export "f") (param $n i32)
    (drop (call $malloc (local.get $n)))
    (drop (call $malloc (i32.const 3))))
  (func $lib.g (export "g") (param $n i32)
    (drop (call $malloc (local.get $n))))
)
