;; operator new reaches malloc through lib.reserve, which app.f calls too. What was counted beneath an
;; allocator is dropped when the allocator returns, whatever it returns; what a trap leaves stays in the
;; pool.
;;! args: -print-allocs '^app\.'
;;! run: f()
;;! run: g(30)
;;! run: g(2000)
;;! run: g(13)
;;! run: g(31)
;;! expect: slots = 3
;;! expect: site 0 = 1, 10     ;; operator new(10), not the 26 that lib.reserve asks malloc for
;;! expect: site 1 = 1, 116    ;; lib.reserve(100) asks malloc for 116
;;! expect: pool = 3, 90       ;; operator new(30) and (31), and the malloc(29) beneath the one that trapped
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.reserve (param $size i32) (result i32)
    (call $malloc (i32.add (local.get $size) (i32.const 16))))
  ;; Allocates and then fails above 1000: null, and so no allocation.
  (func $_Znwm (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (call $lib.reserve (local.get $size)))
    (if (i32.eq (local.get $size) (i32.const 13))
      (then (unreachable)))
    (select (i32.const 0) (local.get $at) (i32.gt_u (local.get $size) (i32.const 1000))))
  (func $app.f (export "f")
    (drop (call $_Znwm (i32.const 10)))
    (drop (call $lib.reserve (i32.const 100))))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $_Znwm (local.get $n)))
)
