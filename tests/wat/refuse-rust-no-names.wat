;; wasm-bindgen's exports without names: __wbindgen_malloc is what JavaScript calls, Rust calls what is beneath it. To count
;; one caller would be to count little and say nothing of it.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func (param i32 i32) (result i32)
    (i32.const 16))
  (func (export "__wbindgen_malloc") (param i32 i32) (result i32)
    (call 0 (local.get 0) (local.get 1)))
  (func (export "f") (result i32)
    (call 0 (i32.const 8) (i32.const 4)))
)
