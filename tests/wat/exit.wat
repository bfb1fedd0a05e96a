;; The program ends from within a helper by an import that throws, as `proc_exit` does; the host then reads
;; the counters and even calls again.
;;! args: -print-allocs '^app\.'
;;! run: start(64)
;;! run: f(1)
;;! expect: slots = 4
;;! expect: site 0 = 1, 32     ;; app.start's own, before lib.finish
;;! expect: site 1 = 0, 0      ;; app.start calls lib.finish, which never returns
;;! expect: site 2 = 1, 1      ;; app.f calls lib.buffer(1)
;;! expect: pool = 1, 64       ;; lib.finish(64) by way of lib.buffer
(module
  (import "env" "exit" (func $exit (param i32)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.buffer (param $size i32)
    (drop (call $malloc (local.get $size))))
  (func $lib.finish (param $size i32)
    (call $lib.buffer (local.get $size))
    (call $exit (i32.const 3)))
  (func $app.start (export "start") (param $size i32)
    (drop (call $malloc (i32.const 32)))
    (call $lib.finish (local.get $size)))
  (func $app.f (export "f") (param $size i32)
    (call $lib.buffer (local.get $size)))
)
