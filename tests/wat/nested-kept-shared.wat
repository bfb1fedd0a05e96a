;; As nested-kept, and what makes the indirect call is reached by others, too, over lib.top, which is selected:
;; a site there would take what is already kept from being dropped.
;;! args: -print-allocs '^(app|lib[.]top)'
;;! run: run()
;;! run: other()
;;! expect: slots = 2
;;! expect: site 0 = 1, 16     ;; malloc(16); the 500 of lib.shared beneath it are dropped
;;! expect: pool = 3, 2500     ;; lib.helper 1000, beneath malloc and by lib.other; lib.shared 500 by lib.other
(module
  (type $v (func))
  (table funcref (elem $lib.helper))
  (func $memalign (param $align i32) (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.helper
    (drop (call $memalign (i32.const 8) (i32.const 1000))))
  (func $lib.shared
    (drop (call $memalign (i32.const 8) (i32.const 500))))
  (func $lib.pick
    (call_indirect (type $v) (i32.const 0)))
  (func $lib.top
    (call $lib.pick))
  (func $malloc (param $size i32) (result i32)
    (call $lib.shared)
    (call $lib.top)
    (i32.const 16))
  (func $lib.other (export "other")
    (call $lib.shared)
    (call $lib.top))
  (func $app.run (export "run")
    (drop (call $malloc (i32.const 16))))
)
