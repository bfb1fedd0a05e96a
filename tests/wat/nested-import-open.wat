;; As nested-import, but the host can come back through functions that are no allocators, in which there may be
;; sites: what it allocates there counts for itself, whatever is selected, and is not taken back from anybody.
;;! args: -print-allocs '^app\.'
;;! run: f(10)
;;! run: g(20)
;;! run: callback(30)
;;! expect: slots = 3
;;! expect: site 0 = 1, 10     ;; operator new(10) in app.f
;;! expect: site 1 = 3, 60     ;; app.visit: 10 and 20 beneath operator new, and 30 by the host
;;! expect: pool = 1, 20       ;; operator new(20) in lib.g
(module
  (import "env" "callback" (func $callback (param i32) (result i32)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $_Znwm (param $size i32) (result i32)
    (call $callback (local.get $size)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $_Znwm (local.get $n)))
  (func $app.visit (export "callback") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $_Znwm (local.get $n)))
)
