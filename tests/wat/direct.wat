;; Every call of an allocator from a selected function is a site, in code order; calls from other functions
;; are the pool's; the call of one selected function by another is no site. The module has no memory of its
;; own.
;;! args: -print-allocs '^app\.'
;;! run: render(3)
;;! run: render(0)
;;! run: load(5)
;;! expect: slots = 4                 ;; three sites and the overflow slot
;;! expect: site 0 = 3, 48 size=16    ;; the loop of render(3): 3 × 16
;;! expect: site 1 = 2, 14 size=7     ;; 7 at each of the two renders
;;! expect: site 2 = 2, 24 size=null  ;; app.row(3) and app.row(0): 8 × 3 + 0
;;! expect: pool = 1, 5               ;; lib.load is not selected
(module
  (global $top (mut i32) (i32.const 1024))
  (func $malloc (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $app.render (export "render") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (block $done
      (loop $again
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (call $malloc (i32.const 16))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    (call $app.row (local.get $n))
    (i32.add (local.get $sum) (call $malloc (i32.const 7))))
  (func $app.row (param $n i32)
    (drop (call $malloc (i32.shl (local.get $n) (i32.const 3)))))
  (func $lib.load (export "load") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
)
