;; No allocator and no names: the message says that the names are missing.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func (export "f") (param i32) (result i32)
    (call 1 (local.get 0)))
  (func (param i32) (result i32)
    (i32.const 16))
)
