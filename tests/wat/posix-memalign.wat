;; posix_memalign stores the pointer and returns a status: 0 is success.
;;! args: -print-allocs '^app\.'
;;! run: f(16, 100)
;;! run: f(3, 100)
;;! run: f(32, 28)
;;! expect: slots = 2
;;! expect: site 0 = 2, 128    ;; an alignment of 3 is EINVAL
(module
  (memory (export "memory") 1)
  (func $posix_memalign (param $out i32) (param $alignment i32) (param $size i32) (result i32)
    (if (i32.and (local.get $alignment) (i32.const 1))
      (then (return (i32.const 28))))
    (i32.store (local.get $out) (i32.const 4096))
    (i32.const 0))
  (func $app.f (export "f") (param $alignment i32) (param $size i32) (result i32)
    (call $posix_memalign (i32.const 8) (local.get $alignment) (local.get $size)))
)
