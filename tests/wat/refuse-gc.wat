;; Dart, OCaml and Kotlin: objects are the engine's.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (type $object (struct (field (mut i32))))
  (func $main (export "f") (result i32)
    (struct.get $object 0 (struct.new $object (i32.const 7))))
)
