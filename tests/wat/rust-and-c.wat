;; Rust and C in one module, as on WASI: __rdl_alloc is over C's malloc, which C calls, too. Each counts where it is the outermost.
;;! args: -print-allocs '^app::|^c_'
;;! run: f()
;;! run: g()
;;! expect: slots = 5
;;! expect: site 0 = 1, 10     ;; __rust_alloc(10), for which malloc gets 10 and aligned_alloc nothing
;;! expect: site 1 = 1, 20     ;; __rust_alloc(20), for which aligned_alloc gets 32
;;! expect: site 2 = 1, 30     ;; malloc(30) in C
;;! expect: site 3 = 0, 0 alloc direct      ;; a size that is not constant is a slice in Rust only
;;! expect: pool = 0, 0
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $aligned_alloc (param $align i32) (param $size i32) (result i32)
    (call $malloc (i32.add (local.get $align) (local.get $size))))
  (func $_RNvCsj4CZ6flxxfE_7___rustc11___rdl_alloc (param $size i32) (param $align i32) (result i32)
    (if (result i32) (i32.gt_u (local.get $align) (i32.const 8))
      (then (call $aligned_alloc (local.get $align) (i32.const 32)))
      (else (call $malloc (local.get $size)))))
  (func $_RNvCsj4CZ6flxxfE_7___rustc12___rust_alloc (param $size i32) (param $align i32) (result i32)
    (call $_RNvCsj4CZ6flxxfE_7___rustc11___rdl_alloc (local.get $size) (local.get $align)))
  (func $_RNvCsj4CZ6flxxfE_3app1f (export "f")
    (drop (call $_RNvCsj4CZ6flxxfE_7___rustc12___rust_alloc (i32.const 10) (i32.const 1)))
    (drop (call $_RNvCsj4CZ6flxxfE_7___rustc12___rust_alloc (i32.const 20) (i32.const 16))))
  (func $c_parse (export "g")
    (drop (call $malloc (i32.const 30))))
  (func $c_copy (export "h") (param $n i32)
    (drop (call $malloc (local.get $n))))
)
