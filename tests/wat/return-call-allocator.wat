;; A tail call of an allocator is a site like any other call of it, or the pool's. Tail calls through a
;; table or a reference are no sites: the entry counts.
;;! args: -print-allocs '^app\.'
;;! run: f(1)
;;! run: g(2)
;;! run: indirect(4)
;;! run: ref(8)
;;! run: outer(16)
;;! expect: slots = 3
;;! expect: site 0 = 1, 1      ;; app.f
;;! expect: site 1 = 1, 16     ;; app.outer's ordinary call of lib.g, in which a tail call allocates
;;! expect: pool = 3, 14       ;; lib.g 2, the table 4, the reference 8
(module
  (type $alloc (func (param i32) (result i32)))
  (table funcref (elem $malloc))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (return_call $malloc (local.get $n)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (return_call $malloc (local.get $n)))
  (func $app.indirect (export "indirect") (param $n i32) (result i32)
    (return_call_indirect (type $alloc) (local.get $n) (i32.const 0)))
  (func $app.ref (export "ref") (param $n i32) (result i32)
    (return_call_ref $alloc (local.get $n) (ref.func $malloc)))
  (func $app.outer (export "outer") (param $n i32) (result i32)
    (call $lib.g (local.get $n)))
)
