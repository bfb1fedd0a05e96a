;; An allocator that drops what is counted beneath it (`$shared`, which others call, too) also makes an
;; indirect call that leads to a function with a site: what is allocated there counts for itself, whether
;; that function is selected or not.
;;! args: -print-allocs '^app\.'
;;! run: run()
;;! run: run()
;;! run: other()
;;! expect: slots = 3
;;! expect: site 0 = 2, 2000   ;; app.mid, beneath each malloc: 1000
;;! expect: site 1 = 2, 32     ;; malloc(16); the 500 of lib.shared beneath it are dropped
;;! expect: pool = 1, 500      ;; lib.shared, called by lib.other
(module
  (memory 1)
  (type $v (func))
  (table funcref (elem $lib.helper))
  (global $top (mut i32) (i32.const 1024))
  (func $memalign (param $align i32) (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $app.mid
    (drop (call $memalign (i32.const 8) (i32.const 1000))))
  (func $lib.helper
    (call $app.mid))
  (func $lib.shared
    (drop (call $memalign (i32.const 8) (i32.const 500))))
  (func $malloc (param $size i32) (result i32)
    (call $lib.shared)
    (call_indirect (type $v) (i32.const 0))
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $lib.other (export "other")
    (call $lib.shared))
  (func $app.run (export "run")
    (drop (call $malloc (i32.const 16))))
)
