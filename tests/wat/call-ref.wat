;; call_ref of the allocator and of a function that allocates, by `ref.func` in code and by a null
;; reference.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: f2(6)
;;! run: g(5)
;;! run: null_ref()
;;! run: get()(3)
;;! expect: slots = 4
;;! expect: site 0 = 1, 24     ;; app.f
;;! expect: site 1 = 1, 12     ;; app.f2, by way of lib.double: 2 × 6
;;! expect: site 2 = 0, 0      ;; app.null traps
;;! expect: pool = 2, 8        ;; lib.g and the host: 5 + 3
(module
  (type $alloc (func (param i32) (result i32)))
  (elem declare func $malloc $lib.double)
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.double (param $n i32) (result i32)
    (call $malloc (i32.shl (local.get $n) (i32.const 1))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_ref $alloc (local.get $n) (ref.func $malloc)))
  (func $app.f2 (export "f2") (param $n i32) (result i32)
    (call_ref $alloc (local.get $n) (ref.func $lib.double)))
  (func $app.null (export "null_ref") (result i32)
    (call_ref $alloc (i32.const 1) (ref.null $alloc)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call_ref $alloc (local.get $n) (ref.func $malloc)))
  (func $lib.get (export "get") (result funcref)
    (ref.func $malloc))
)
