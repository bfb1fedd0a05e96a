;; Branch hints name code offsets, which move: each must stay with its branch.
;;! args: -print-allocs '^app\.'
;;! run: f(0)
;;! run: f(1)
;;! run: g(2)
;;! expect: slots = 5
;;! expect: site 0 = 2, 2      ;; app.f, before the first branch
;;! expect: site 1 = 1, 2      ;; app.f, in it, at f(1)
;;! expect: site 2 = 2, 8      ;; app.f, after it
;;! expect: site 3 = 1, 8      ;; app.g
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (drop (call $malloc (i32.const 1)))
    (@metadata.code.branch_hint "\00")
    (if (local.get $n)
      (then (drop (call $malloc (i32.const 2)))))
    (drop (call $malloc (i32.const 4)))
    (block $out
      (@metadata.code.branch_hint "\01")
      (br_if $out (local.get $n)))
    (local.get $n))
  (func $lib.none (export "none") (param $n i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get $n) (then)))
  (func $app.g (export "g") (param $n i32)
    (drop (call $malloc (i32.const 8)))
    (@metadata.code.branch_hint "\01")
    (if (local.get $n) (then)))
)
