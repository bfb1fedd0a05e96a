;; A module that has three memories, one of them imported, with data in each: their indices stay, the
;; counters are the fourth.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! run: spread()
;;! run: sum()
;;! expect: slots = 2
;;! expect: site 0 = 1, 24
(module
  (import "env" "memory" (memory $imported 1 4))
  (memory $second (export "second") 1)
  (memory $third (export "third") i64 1)
  (data (memory $imported) (i32.const 0) "one")
  (data (memory $second) (i32.const 0) "twenty-two")
  (data $passive "three hundred and thirty-three")
  (func $malloc (param $size i32) (result i32)
    (i32.store $second (i32.const 64) (local.get $size))
    (i32.const 64))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (func $lib.spread (export "spread") (result i32)
    (memory.init $third $passive (i64.const 100) (i32.const 0) (i32.const 30))
    (memory.copy $imported $second (i32.const 200) (i32.const 0) (i32.const 10))
    (memory.fill $second (i32.const 300) (i32.const 7) (i32.const 5))
    (i32.add
      (memory.grow $imported (i32.const 1))
      (memory.grow $second (i32.const 2))))
  (func $lib.sum (export "sum") (result i32)
    (i32.add
      (i32.add (memory.size $imported) (i32.load8_u $imported (i32.const 200)))
      (i32.add (memory.size $second) (i32.load8_u $third (i64.const 100)))))
)
