;; As nested-kept, with a tail call: what is allocated over it counts for itself, too.
;;! args: -print-allocs '^app\.'
;;! run: run()
;;! run: other()
;;! expect: slots = 3
;;! expect: site 0 = 1, 1000   ;; app.mid, beneath malloc
;;! expect: site 1 = 1, 16     ;; malloc(16); the 500 of lib.shared beneath it are dropped
;;! expect: pool = 1, 500      ;; lib.shared, called by lib.other
(module
  (type $take (func (param i32) (result i32)))
  (table funcref (elem $app.mid))
  (func $memalign (param $align i32) (param $size i32) (result i32)
    (i32.const 16))
  (func $app.mid (type $take)
    (call $memalign (i32.const 8) (i32.const 1000)))
  (func $lib.shared
    (drop (call $memalign (i32.const 8) (i32.const 500))))
  (func $lib.tail (type $take)
    (return_call_indirect (type $take) (local.get 0) (i32.const 0)))
  (func $malloc (param $size i32) (result i32)
    (call $lib.shared)
    (call $lib.tail (local.get $size)))
  (func $lib.other (export "other")
    (call $lib.shared))
  (func $app.run (export "run")
    (drop (call $malloc (i32.const 16))))
)
