;; AssemblyScript before 0.18 exported __alloc(size, id) and __retain; without names that is what tells it.
;;! args: -print-allocs '.*'
;;! run: f(24)
;;! run: __alloc(8, 1)
;;! expect: slots = 2
;;! expect: site 0 = 1, 24 alloc direct
;;! expect: pool = 1, 8        ;; the host
(module
  (func (export "__alloc") (param $size i32) (param $id i32) (result i32)
    (i32.const 16))
  (func (export "__retain") (param $object i32) (result i32)
    (local.get $object))
  (func (export "f") (param $size i32) (result i32)
    (call 0 (local.get $size) (i32.const 3)))
)
