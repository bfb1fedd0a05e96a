;; No allocator: nothing is written, and the message says what was looked for.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func $app.f (export "f") (param $n i32) (result i32)
    (local.get $n))
)
