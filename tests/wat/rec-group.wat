;; The allocator's type is one of a recursion group, so a copy of the type would be another type: what
;; stands for the allocator has to be of the very same one, or the casts would fail.
;;! args: -print-allocs '^app\.'
;;! walrus-unsupported: takes type 2 for type 0, which is one of a recursion group
;;! run: f(24)
;;! run: is()
;;! run: table.get(0)(3)
;;! run: boxed(5)
;;! expect: slots = 3
;;! expect: site 0 = 1, 24     ;; app.f
;;! expect: site 1 = 1, 5      ;; app.boxed
;;! expect: pool = 1, 3
(module
  (rec
    (type $alloc (func (param i32) (result i32)))
    (type $box (struct (field (ref null $alloc)))))
  (type $plain (func (param i32) (result i32)))
  (table (export "table") 1 funcref)
  (elem (i32.const 0) $malloc)
  (global $boxed (ref $box) (struct.new $box (ref.func $malloc)))
  (func $malloc (type $alloc)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_ref $alloc
      (local.get $n)
      (struct.get $box 0 (struct.new $box (ref.func $malloc)))))
  (func $app.boxed (export "boxed") (param $n i32) (result i32)
    (call_ref $alloc
      (local.get $n)
      (struct.get $box 0 (global.get $boxed))))
  ;; 2 when it is of $alloc, 1 when it is of $plain.
  (func $app.is (export "is") (result i32)
    (i32.add
      (i32.shl (ref.test (ref $alloc) (table.get 0 (i32.const 0))) (i32.const 1))
      (ref.test (ref $plain) (table.get 0 (i32.const 0)))))
)
