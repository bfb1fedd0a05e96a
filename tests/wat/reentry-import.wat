;; The host calls back into the module from an import, into selected and into other code, under a through
;; site and under none.
;;! args: -print-allocs '^app\.'
;;! run: f(10)
;;! run: h(20)
;;! expect: slots = 4
;;! expect: site 0 = 2, 31     ;; app.visit allocates n: 11 beneath lib.each(10), 20 beneath app.h(20)
;;! expect: site 1 = 2, 110    ;; app.f calls lib.each(10): malloc(10) and, beneath the callback, lib.rest(100)
;;! expect: site 2 = 0, 0      ;; app.f's call of lib.each in the branch that is not taken
;;! expect: pool = 1, 100      ;; lib.rest(100) beneath app.h, whose call of the import is no site
(module
  (import "env" "callback" (func $callback (param i32)))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.each (param $n i32)
    (drop (call $malloc (local.get $n)))
    (call $callback (i32.add (local.get $n) (i32.const 1))))
  (func $lib.rest
    (drop (call $malloc (i32.const 100))))
  (func $callback.entry (export "callback") (param $n i32)
    (call $app.visit (local.get $n))
    (call $lib.rest))
  (func $app.visit (param $n i32)
    (drop (call $malloc (local.get $n))))
  (func $app.f (export "f") (param $n i32)
    (call $lib.each (local.get $n))
    (if (i32.eqz (local.get $n))
      (then (call $lib.each (i32.const 0)))))
  (func $app.h (export "h") (param $n i32)
    (call $callback (local.get $n)))
)
