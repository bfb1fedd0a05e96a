;; As exceptions-legacy, with `try_table` and exnref: an exception passes a trampoline, is caught, held and
;; thrown again.
;;! args: -print-allocs '^app\.'
;;! run: f(4)
;;! run: f(5)
;;! run: hold(7)
;;! run: from_host(40)
;;! run: from_host(41)
;;! run: uncaught(11)
;;! expect: slots = 7
;;! expect: site 0 = 1, 100    ;; app.f's handler, after the block that `catch` branches to
;;! expect: site 1 = 2, 4      ;; app.f: lib.risky(4) allocates 4 and then 0; lib.risky(5) throws
;;! expect: site 2 = 0, 0      ;; app.hold: lib.risky(7) throws
;;! expect: site 3 = 1, 1000   ;; app.hold: lib.thousand, while the exception is held
;;! expect: site 4 = 0, 0      ;; app.from_host: lib.host throws after allocating
;;! expect: site 5 = 0, 0      ;; app.uncaught: lib.risky(11) throws
;;! expect: pool = 5, 104      ;; lib.risky 5 + 7 + 11, lib.host 40 + 41
(module
  (import "env" "throw_tag" (func $throw_tag (param i32)))
  (import "env" "throw" (func $throw))
  (import "env" "tag" (tag $host (param i32)))
  (tag $odd (param i32))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  ;; Allocates n, throws when n is odd, allocates 0.
  (func $lib.risky (param $n i32) (result i32)
    (drop (call $malloc (local.get $n)))
    (if (i32.and (local.get $n) (i32.const 1))
      (then (throw $odd (local.get $n))))
    (call $malloc (i32.const 0)))
  (func $lib.thousand (result i32)
    (call $malloc (i32.const 1000)))
  (func $lib.host (param $n i32)
    (drop (call $malloc (local.get $n)))
    (if (i32.and (local.get $n) (i32.const 1))
      (then (call $throw_tag (local.get $n)))
      (else (call $throw))))
  (func $app.f (export "f") (param $n i32) (result i32)
    (block $handler (result i32)
      (try_table (catch $odd $handler)
        (return (call $lib.risky (local.get $n))))
      (unreachable))
    (drop (call $malloc (i32.const 100))))
  (func $app.hold (export "hold") (param $n i32) (result i32)
    (local $held exnref)
    (block $caught (result exnref)
      (return
        (try_table (result i32) (catch_all_ref $caught)
          (call $lib.risky (local.get $n)))))
    (local.set $held)
    (drop (call $lib.thousand))
    (block $again (result i32)
      (try_table (catch $odd $again)
        (throw_ref (local.get $held)))
      (unreachable)))
  (func $app.from_host (export "from_host") (param $n i32) (result i32)
    (block $tagged (result i32)
      (block $any
        (try_table (catch $host $tagged) (catch_all $any)
          (call $lib.host (local.get $n))
          (return (i32.const 1)))
        (unreachable))
      (return (i32.const 2))))
  (func $app.uncaught (export "uncaught") (param $n i32) (result i32)
    (call $lib.risky (local.get $n)))
)
