;; lib.prefill is the start function, and malloc calls it too: what it allocates counts at instantiation, and is
;; dropped beneath malloc.
;;! args: -print-allocs '^app\.'
;;! run: f(10)
;;! expect: slots = 2
;;! expect: site 0 = 1, 10     ;; beneath it dlmalloc(10) and dlmalloc(64)
;;! expect: pool = 1, 64       ;; at instantiation
(module
  (start $lib.prefill)
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.prefill
    (drop (call $dlmalloc (i32.const 64))))
  (func $malloc (param $size i32) (result i32)
    (call $lib.prefill)
    (call $dlmalloc (local.get $size)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
)
