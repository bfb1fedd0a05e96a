;; A factory that only picks a function out of a table: the call of the factory is a dispatch site, also where it
;; picks by a tail call. One level deeper nothing is known of what is called: that is the pool's.
;;! args: -print-allocs '^app\.'
;;! run: f(0, 24)
;;! run: f(1, 8)
;;! run: tail(5)
;;! run: deep(3)
;;! expect: slots = 3
;;! expect: site 0 = 1, 24 dispatch    ;; app.f by lib.make: f(0, 24); entry 1 allocates nothing
;;! expect: site 1 = 1, 5 dispatch     ;; app.tail by lib.make_tail
;;! expect: pool = 1, 3                ;; app.deep by lib.outer by lib.make
(module
  (type $make (func (param i32) (result i32)))
  (table funcref (elem $lib.round $lib.flat))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.round (type $make)
    (call $malloc (local.get 0)))
  (func $lib.flat (type $make)
    (local.get 0))
  (func $lib.make (param $kind i32) (param $n i32) (result i32)
    (call_indirect (type $make) (local.get $n) (local.get $kind)))
  (func $lib.make_tail (param $n i32) (result i32)
    (return_call_indirect (type $make) (local.get $n) (i32.const 0)))
  (func $lib.outer (param $n i32) (result i32)
    (call $lib.make (i32.const 0) (local.get $n)))
  (func $app.f (export "f") (param $kind i32) (param $n i32) (result i32)
    (call $lib.make (local.get $kind) (local.get $n)))
  (func $app.tail (export "tail") (param $n i32) (result i32)
    (call $lib.make_tail (local.get $n)))
  (func $app.deep (export "deep") (param $n i32) (result i32)
    (call $lib.outer (local.get $n)))
)
