;; A call directly followed by `unreachable` does not come back: it is neither site nor edge. An allocator
;; called so is counted all the same, in the pool.
;;! args: -print-allocs '^app\.'
;;! run: f()
;;! run: g(1)
;;! run: g(0)
;;! run: h(0)
;;! run: h(1)
;;! run: ref()
;;! expect: slots = 2
;;! expect: site 0 = 1, 16     ;; app.g's malloc, at g(0)
;;! expect: pool = 4, 220      ;; app.f's malloc(100), lib.panic's 40 at g(1) and at h(1), app.ref's 40
(module
  (type $panic (func))
  (table funcref (elem $lib.panic))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.panic (type $panic)
    (drop (call $malloc (i32.const 40)))
    (unreachable))
  (func $app.f (export "f") (result i32)
    (i32.const 100)
    (call $malloc)
    (unreachable))
  (func $app.g (export "g") (param $fail i32) (result i32)
    (if (local.get $fail)
      (then
        (call $lib.panic)
        (unreachable)))
    (call $malloc (i32.const 16)))
  ;; Allocates only where it does not come back from: no edge, so app.h's call of it is no site.
  (func $lib.check (param $fail i32)
    (if (local.get $fail)
      (then
        (call $lib.panic)
        (unreachable))))
  (func $app.h (export "h") (param $fail i32)
    (call $lib.check (local.get $fail)))
  (func $app.ref (export "ref")
    (call_indirect (type $panic) (i32.const 0))
    (unreachable))
)
