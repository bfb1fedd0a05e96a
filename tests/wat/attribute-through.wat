;; `--attribute through`: an indirect call is no site, what it allocates is the pool's.
;;! args: -print-allocs '^app\.' --attribute through
;;! run: f(10)
;;! expect: slots = 3
;;! expect: site 0 = 1, 10     ;; malloc(n)
;;! expect: site 1 = 1, 11     ;; lib.make(n + 1)
;;! expect: pool = 1, 12       ;; lib.make(n + 2), by the table
(module
  (type $make (func (param i32) (result i32)))
  (table funcref (elem $lib.make))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.make (type $make)
    (call $malloc (local.get 0)))
  (func $app.f (export "f") (param $n i32)
    (drop (call $malloc (local.get $n)))
    (drop (call $lib.make (i32.add (local.get $n) (i32.const 1))))
    (drop (call_indirect (type $make) (i32.add (local.get $n) (i32.const 2)) (i32.const 0))))
)
