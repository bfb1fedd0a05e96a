;; What an indirect call calls may be of a subtype of the type it names.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: g(8)
;;! expect: slots = 3
;;! expect: site 0 = 1, 24     ;; call_indirect
;;! expect: site 1 = 1, 8      ;; call_ref
(module
  (type $make (sub (func (param i32) (result (ref null i31)))))
  (type $make_one (sub $make (func (param i32) (result (ref i31)))))
  (table funcref (elem $lib.make))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.make (type $make_one)
    (ref.i31 (call $malloc (local.get 0))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (i31.get_u (call_indirect (type $make) (local.get $n) (i32.const 0))))
  (func $app.g (export "g") (param $n i32) (result i32)
    (i31.get_u (call_ref $make (local.get $n) (ref.func $lib.make))))
)
