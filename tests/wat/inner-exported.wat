;; lib.refill is called by malloc and by the host, lib.chunk by malloc and through the table: what they
;; allocate counts when they are called from outside, and is dropped beneath malloc.
;;! args: -print-allocs '^app\.'
;;! run: f(10)
;;! run: refill(20)
;;! run: table.get(0)(30)
;;! expect: slots = 2
;;! expect: site 0 = 1, 10     ;; beneath it dlmalloc(10) and dlmalloc(64)
;;! expect: pool = 2, 50       ;; 20 + 30
(module
  (table (export "table") funcref (elem $lib.chunk))
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.refill (export "refill") (param $size i32) (result i32)
    (call $dlmalloc (local.get $size)))
  (func $lib.chunk (param $size i32)
    (drop (call $dlmalloc (local.get $size))))
  (func $malloc (param $size i32) (result i32)
    (call $lib.chunk (i32.const 64))
    (call $lib.refill (local.get $size)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
)
