;; An export that is called like an allocator but wraps one: the symbol says which function allocates, so the
;; 8 bytes that the wrapper adds are counted.
;;! args: -print-allocs '^app\.'
;;! run: malloc(10)
;;! run: f(5)
;;! expect: slots = 2
;;! expect: site 0 = 1, 13 through     ;; app.f by the wrapper, which is no allocator
;;! expect: pool = 1, 18       ;; the host
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.tagged (export "malloc") (param $size i32) (result i32)
    (i32.add (call $malloc (i32.add (local.get $size) (i32.const 8))) (i32.const 8)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $lib.tagged (local.get $n)))
)
