;; An allocator asks the host, which comes back into the module. The host can come back through an allocator only
;; (the other functions are not exported), so what it allocates is beneath the outermost one and dropped.
;;! args: -print-allocs '^app\.'
;;! run: table.get(0)(10)
;;! run: table.get(1)(20)
;;! run: callback(30)
;;! expect: slots = 2
;;! expect: site 0 = 1, 10     ;; operator new(10), beneath which the host calls malloc(10)
;;! expect: pool = 2, 50       ;; operator new(20) in lib.g, and the host's own 30
(module
  (import "env" "callback" (func $callback (param i32) (result i32)))
  (table (export "table") funcref (elem $app.f $lib.g))
  (func $malloc (export "callback") (param $size i32) (result i32)
    (i32.const 16))
  (func $_Znwm (param $size i32) (result i32)
    (call $callback (local.get $size)))
  (func $app.f (param $n i32) (result i32)
    (call $_Znwm (local.get $n)))
  (func $lib.g (param $n i32) (result i32)
    (call $_Znwm (local.get $n)))
)
