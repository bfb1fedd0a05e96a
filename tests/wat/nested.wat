;; `operator new` over malloc over dlmalloc: the outermost counts, once, with its own size.
;;! args: -print-allocs '^app\.'
;;! run: f()
;;! run: g()
;;! expect: slots = 4
;;! expect: site 0 = 1, 10     ;; operator new(10), which asks malloc for 18 and that dlmalloc for 34
;;! expect: site 1 = 1, 20     ;; malloc(20)
;;! expect: site 2 = 1, 50     ;; dlmalloc(50)
;;! expect: pool = 1, 30       ;; operator new(30) in lib.g
(module
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $malloc (param $size i32) (result i32)
    (call $dlmalloc (i32.add (local.get $size) (i32.const 16))))
  (func $_Znwm (param $size i32) (result i32)
    (call $malloc (i32.add (local.get $size) (i32.const 8))))
  (func $app.f (export "f")
    (drop (call $_Znwm (i32.const 10)))
    (drop (call $malloc (i32.const 20)))
    (drop (call $dlmalloc (i32.const 50))))
  (func $lib.g (export "g") (result i32)
    (call $_Znwm (i32.const 30)))
)
