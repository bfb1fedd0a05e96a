;; emcc -O3: no names, and imports and exports are shortened.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (import "a" "a" (func (param i32)))
  (func (export "b") (param i32) (result i32)
    (i32.const 16))
)
