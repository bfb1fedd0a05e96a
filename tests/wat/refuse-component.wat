;; A component.
;;! args: -print-allocs '.*'
;;! status: 3
(component
  (core module
    (func $malloc (export "malloc") (param $size i32) (result i32)
      (i32.const 16)))
)
