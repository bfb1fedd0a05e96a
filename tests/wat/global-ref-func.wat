;; Globals that hold the allocator: typed, untyped, mutable, exported, and read by other initialisers, where
;; they stay one function. A table is initialised with it, too.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: g(5)
;;! run: exported.value(3)
;;! run: table.get(0)(2)
;;! run: table.get(1)(1)
;;! run: copy.value === exported.value
;;! expect: slots = 2
;;! expect: site 0 = 1, 24     ;; call_ref of $typed
;;! expect: pool = 4, 11       ;; lib.g by the mutable global 5, the host 3, 2 and 1
(module
  (type $alloc (func (param i32) (result i32)))
  (global $typed (ref $alloc) (ref.func $malloc))
  (global $exported (export "exported") funcref (ref.func $malloc))
  (global $copy (export "copy") funcref (global.get $exported))
  (global $mutable (mut funcref) (ref.func $malloc))
  (table (export "table") 2 funcref (ref.func $malloc))
  (elem (i32.const 1) funcref (item global.get $typed))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call_ref $alloc (local.get $n) (global.get $typed)))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call_ref $alloc (local.get $n) (ref.cast (ref $alloc) (global.get $mutable))))
)
