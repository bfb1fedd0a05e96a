;; Go's own compiler passes arguments on a stack in memory: runtime.mallocgc(i32) -> i32 takes a position in the code.
;;! args: -print-allocs '.*'
;;! status: 3
(module
  (func $runtime.mallocgc (param $pc i32) (result i32)
    (i32.const 0))
  (func $main.main (export "run") (param $pc i32) (result i32)
    (call $runtime.mallocgc (i32.const 0)))
  (@producers (language "Go" "go1.26.5") (processed-by "Go cmd/compile" "go1.26.5"))
)
