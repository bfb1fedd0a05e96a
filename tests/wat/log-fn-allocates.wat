;; A logging function that allocates, by itself and by a helper: that is the pool's. If it were logged,
;; logging would never end.
;;! args: -print-allocs '^(app|log)\.' --log-fn log.alloc
;;! total: varies              ;; what the log needs depends on how much is logged
;;! run: f(10)
;;! run: f(20)
;;! run: g(7)
;;! expect: slots = 0
;;! expect: program = 3, 37    ;; 10, 20, and the growth of 7 that app.g measures
;;! expect: pool = 6, 360      ;; 100 and 20 for each of the three that were logged
(module
  (global $count (mut i64) (i64.const 0))
  (global $bytes (mut i64) (i64.const 0))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $log.alloc (param $site i32) (param $size i32)
    (drop (call $malloc (i32.const 100)))
    (call $log.line)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (global.set $bytes (i64.add (global.get $bytes) (i64.extend_i32_u (local.get $size)))))
  (func $log.line
    (drop (call $malloc (i32.const 20))))
  (func $lib.count (export "logged_count") (result i64)
    (global.get $count))
  (func $lib.bytes (export "logged_bytes") (result i64)
    (global.get $bytes))
  (func $lib.h (param $n i32)
    (drop (call $malloc (local.get $n))))
  (func $app.g (export "g") (param $n i32)
    (call $lib.h (local.get $n)))
  (func $app.f (export "f") (param $n i32)
    (drop (call $malloc (local.get $n))))
)
