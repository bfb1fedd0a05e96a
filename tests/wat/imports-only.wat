;; A module that only hands an imported allocator on: it has no functions, no code and no types beyond that
;; one.
;;! args: -print-allocs '.*'
;;! run: allocate(24)
;;! run: table.get(0)(8)
;;! expect: slots = 1          ;; the overflow slot
;;! expect: pool = 2, 32
(module
  (import "env" "malloc" (func $malloc (param i32) (result i32)))
  (import "env" "table" (table $table 4 funcref))
  (elem (table $table) (i32.const 0) func $malloc)
  (export "allocate" (func $malloc))
  (export "table" (table $table))
)
