;; What follows `throw_ref` is dead, and so is a `try_table` in dead code, with what follows it in its block.
;;! args: -print-allocs '^app\.'
;;! run: again()
;;! run: after()
;;! expect: slots = 2
;;! expect: site 0 = 1, 6      ;; app.after: after the block
;;! expect: pool = 0, 0
(module
  (tag $odd)
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.again (export "again")
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught)
        (throw $odd))
      (unreachable))
    throw_ref
    (drop (call $malloc (i32.const 1001))))
  (func $app.after (export "after")
    (block $out
      (br $out)
      (block $caught
        (try_table (catch $odd $caught)
          (drop (call $malloc (i32.const 1002))))
        (drop (call $malloc (i32.const 1003))))
      (drop (call $malloc (i32.const 1004))))
    (drop (call $malloc (i32.const 6))))
)
