;; Two type indices may be one type: what is called under one of them may have been declared under the
;; other.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! expect: slots = 2
;;! expect: site 0 = 1, 24
(module
  (type $declared (func (param i32) (result i32)))
  (type $called (func (param i32) (result i32)))
  (table funcref (elem $lib.make))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.make (type $declared)
    (call $malloc (local.get 0)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_indirect (type $called) (local.get $n) (i32.const 0)))
)
