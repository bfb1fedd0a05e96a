;; Rust by its producers section, without names or exports that could be recognised.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func (export "f") (param i32 i32) (result i32)
    (i32.const 16))
  (@producers (language "Rust" "") (processed-by "rustc" "1.92.0 (ded5c06cf 2025-12-08)"))
)
