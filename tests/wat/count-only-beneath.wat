;; malloc is known and calls an allocator that is not: what is allocated by way of malloc has malloc's bytes, and
;; only what asks the other itself is counted without (`count_only` in the site table).
;;! args: -print-allocs '^app\.'
;;! run: f()
;;! run: g()
;;! expect: slots = 3
;;! expect: site 0 = 1, 0 direct       ;; app.g asks dlmalloc
;;! expect: site 1 = 1, 32 through     ;; app.f by lib.grow
;;! expect: pool = 0, 0
(module
  (func $dlmalloc (param $arena i32) (param $size i32) (result i32)
    (i32.const 16))
  (func $malloc (param $size i32) (result i32)
    (call $dlmalloc (i32.const 1) (local.get $size)))
  (func $lib.grow
    (drop (call $malloc (i32.const 32))))
  (func $app.f (export "f")
    (call $lib.grow))
  (func $app.g (export "g")
    (drop (call $dlmalloc (i32.const 2) (i32.const 64))))
)
