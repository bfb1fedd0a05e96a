;; Three allocators, each reaching the next through a function that the program calls too: drops nest.
;;! args: -print-allocs '^app\.'
;;! run: f()
;;! run: g()
;;! expect: slots = 5
;;! expect: site 0 = 1, 1      ;; operator new(1): lib.outer(11), malloc(11), lib.inner(111), dlmalloc(111)
;;! expect: site 1 = 1, 2      ;; malloc(2): lib.inner(102), dlmalloc(102)
;;! expect: site 2 = 1, 13     ;; lib.outer(3) asks malloc for 13
;;! expect: site 3 = 1, 104    ;; lib.inner(4) asks dlmalloc for 104
;;! expect: pool = 1, 5        ;; operator new(5) in lib.g
(module
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.inner (param $size i32) (result i32)
    (call $dlmalloc (i32.add (local.get $size) (i32.const 100))))
  (func $malloc (param $size i32) (result i32)
    (call $lib.inner (local.get $size)))
  (func $lib.outer (param $size i32) (result i32)
    (call $malloc (i32.add (local.get $size) (i32.const 10))))
  (func $_Znwm (param $size i32) (result i32)
    (call $lib.outer (local.get $size)))
  (func $app.f (export "f")
    (drop (call $_Znwm (i32.const 1)))
    (drop (call $malloc (i32.const 2)))
    (drop (call $lib.outer (i32.const 3)))
    (drop (call $lib.inner (i32.const 4))))
  (func $lib.g (export "g") (result i32)
    (call $_Znwm (i32.const 5)))
)
