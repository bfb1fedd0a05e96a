;; Calls that are never reached are neither sites nor edges, in every way in which code is dead; the calls
;; between them that are reached are sites.
;;! args: -print-allocs '^app\.'
;;! run: f(0)
;;! run: f(1)
;;! run: f(2)
;;! run: tail(3)
;;! run: throws()
;;! run: spin(4)
;;! run: quiet()
;;! run: trap()
;;! run: reference()
;;! expect: slots = 6
;;! expect: site 0 = 1, 1      ;; app.f: f(0) takes the `then`
;;! expect: site 1 = 2, 4      ;; app.f: f(1) and f(2) take the `else`
;;! expect: site 2 = 3, 12     ;; app.f: after the block, every time
;;! expect: site 3 = 1, 3      ;; app.tail's tail call
;;! expect: site 4 = 4, 32     ;; app.spin's loop of 4
;;! expect: pool = 0, 0
(module
  (tag $tag)
  (type $alloc (func (param i32) (result i32)))
  (table funcref (elem $malloc))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (block $out
      (if (i32.eqz (local.get $n))
        (then
          (drop (call $malloc (i32.const 1)))
          (br $out)
          (drop (call $malloc (i32.const 1001))))
        (else
          (drop (call $malloc (i32.const 2)))
          (br_table $out $out (local.get $n))
          ;; A block that begins in dead code is dead, and so is what follows it.
          (block (drop (call $malloc (i32.const 1002))))
          (loop (drop (call $malloc (i32.const 1003))) (br 0))
          (if (i32.const 1)
            (then (drop (call $malloc (i32.const 1004))))
            (else (drop (call $malloc (i32.const 1005)))))
          (drop (call_indirect (type $alloc) (i32.const 1006) (i32.const 0))))))
    (drop (call $malloc (i32.const 4)))
    (return (local.get $n))
    ;; With nothing on the stack: operands of dead code come from nowhere.
    call $malloc
    call $malloc)
  (func $app.tail (export "tail") (param $n i32) (result i32)
    (return_call $malloc (local.get $n))
    (call $malloc (i32.const 1007)))
  (func $app.throws (export "throws") (result i32)
    (block $caught
      (try_table (catch $tag $caught)
        (throw $tag)
        (drop (call $malloc (i32.const 1008)))))
    (i32.const 5))
  (func $app.spin (export "spin") (param $n i32)
    (loop $again
      (drop (call $malloc (i32.const 8)))
      (br_if $again
        (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      (return)
      (drop (call $malloc (i32.const 1009)))
      (br $again)))
  ;; Calls an allocator in dead code only, so its caller's call is no through site.
  (func $lib.quiet (result i32)
    (return (i32.const 1))
    (call $malloc (i32.const 1010)))
  (func $app.quiet (export "quiet") (result i32)
    (call $lib.quiet))
  (func $app.trap (export "trap") (result i32)
    (unreachable)
    (call $malloc))
  ;; A reference in dead code is validated as any other: it has to be declared.
  (func $app.reference (export "reference")
    (return)
    (drop (ref.func $malloc)))
)
