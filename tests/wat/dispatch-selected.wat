;; A selected function that makes an indirect call has the site itself: calling it is none.
;;! args: -print-allocs '^app\.'
;;! run: f(5)
;;! run: pick(8)
;;! expect: slots = 2
;;! expect: site 0 = 2, 13 dispatch    ;; app.pick, called by app.f and by the host
;;! expect: pool = 0, 0
(module
  (type $make (func (param i32) (result i32)))
  (table funcref (elem $lib.make))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.make (type $make)
    (call $malloc (local.get 0)))
  (func $app.pick (export "pick") (param $n i32) (result i32)
    (call_indirect (type $make) (local.get $n) (i32.const 0)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $app.pick (local.get $n)))
)
