;; The start function is itself an allocator, by a rule of the user's.
;;! args: -print-allocs '^app\.' --allocator '^lib\.init$=?'
;;! run: f()
;;! expect: slots = 2
;;! expect: site 0 = 1, 0      ;; app.f
;;! expect: pool = 1, 0        ;; at instantiation
(module
  (start $lib.init)
  (func $lib.init)
  (func $app.f (export "f")
    (call $lib.init))
)
