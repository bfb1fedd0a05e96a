;; realloc is one allocation of its full size, whether it grows in place, moves (over malloc) or starts from
;; null; when it gives nothing back, as for size 0, it has allocated nothing.
;;! args: -print-allocs '^app\.'
;;! run: f(16, 24)
;;! run: f(16, 100)
;;! run: f(0, 8)
;;! run: f(16, 0)
;;! run: realloc(16, 3)
;;! expect: slots = 2
;;! expect: site 0 = 3, 132    ;; 24 in place, 100 moved, 8 from null
;;! expect: pool = 1, 3
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 64))
  (func $realloc (export "realloc") (param $old i32) (param $size i32) (result i32)
    (if (i32.eqz (local.get $size))
      (then (return (i32.const 0))))
    (if (i32.and (i32.ne (local.get $old) (i32.const 0)) (i32.lt_u (local.get $size) (i32.const 64)))
      (then (return (local.get $old))))
    (call $malloc (local.get $size)))
  (func $app.f (export "f") (param $old i32) (param $size i32) (result i32)
    (call $realloc (local.get $old) (local.get $size)))
)
