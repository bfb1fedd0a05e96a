;; The host calls an exported allocator, under two names and before anything else ran: all of it is the
;; pool's.
;;! args: -print-allocs '^app\.'
;;! run: malloc(100)
;;! run: allocate(28)
;;! run: malloc === allocate
;;! run: f(7)
;;! expect: slots = 2
;;! expect: site 0 = 1, 7
;;! expect: pool = 2, 128
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func $malloc (export "malloc") (export "allocate") (param $size i32) (result i32)
    (i32.store (global.get $top) (local.get $size))
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
)
