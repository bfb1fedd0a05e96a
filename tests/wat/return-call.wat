;; A million mutual tail calls, half of them calls of an unselected function that allocates: a trampoline in
;; between would need a stack frame for each. The last of them allocates, in app.even or in lib.odd.
;;! args: -print-allocs '^app\.'
;;! run: even(1000000)
;;! run: even(1000001)
;;! run: main(1000001)
;;! run: main(1000000)
;;! expect: slots = 3
;;! expect: site 0 = 2, 32     ;; app.even(0) allocates 16: at the end of even(1000000) and of main(1000001)
;;! expect: site 1 = 1, 8      ;; app.main(1000000) ends in lib.odd(0); nothing of app.even's moves to it
;;! expect: pool = 1, 8        ;; even(1000001) ends in lib.odd(0)
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.even (export "even") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n))
      (then (return (call $malloc (i32.const 16)))))
    (return_call $lib.odd (i32.sub (local.get $n) (i32.const 1))))
  (func $lib.odd (param $n i32) (result i32)
    (if (i32.eqz (local.get $n))
      (then (return (call $malloc (i32.const 8)))))
    (return_call $app.even (i32.sub (local.get $n) (i32.const 1))))
  (func $app.main (export "main") (param $n i32) (result i32)
    (call $lib.odd (local.get $n)))
)
