;; Legacy exceptions out of a helper, thrown by the module and by the host: what had been allocated stays in
;; the pool, and the next through site does not take it for its own.
;;! args: -print-allocs '^app\.'
;;! run: f(4)
;;! run: f(5)
;;! run: rethrow(7)
;;! run: delegate(9)
;;! run: always()
;;! run: dead()
;;! run: from_host(40)
;;! run: from_host(41)
;;! expect: slots = 9
;;! expect: site 0 = 1, 100    ;; app.f's handler, in a `catch`
;;! expect: site 1 = 1, 3      ;; app.always: in the `catch` after a body that ends in `throw`
;;! expect: site 2 = 1, 6      ;; app.dead: after the block
;;! expect: site 3 = 2, 4      ;; app.f: lib.risky(4) allocates 4 and then 0; lib.risky(5) throws
;;! expect: site 4 = 0, 0      ;; app.rethrow: lib.risky(7) throws
;;! expect: site 5 = 1, 1000   ;; app.rethrow's `catch_all`: lib.thousand
;;! expect: site 6 = 0, 0      ;; app.delegate: lib.risky(9) throws
;;! expect: site 7 = 0, 0      ;; app.from_host: lib.host throws after allocating
;;! expect: pool = 5, 102      ;; lib.risky 5 + 7 + 9, lib.host 40 + 41
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
    try (result i32)
      (call $lib.risky (local.get $n))
    catch $odd
      (drop (call $malloc (i32.const 100)))
    end)
  (func $app.rethrow (export "rethrow") (param $n i32) (result i32)
    try (result i32)
      try $inner (result i32)
        (call $lib.risky (local.get $n))
      catch $odd
        rethrow $inner
      end
    catch_all
      (call $lib.thousand)
    end)
  (func $app.delegate (export "delegate") (param $n i32) (result i32)
    try $outer (result i32)
      try (result i32)
        (call $lib.risky (local.get $n))
      delegate $outer
    catch $odd
    end)
  ;; 41 comes as the imported tag; a JavaScript error, at 40, is for `catch_all` only.
  (func $app.from_host (export "from_host") (param $n i32) (result i32)
    try (result i32)
      (call $lib.host (local.get $n))
      (i32.const 1)
    catch $host
    catch_all
      (i32.const 2)
    end)
  (func $app.always (export "always") (result i32)
    try (result i32)
      (throw $odd (i32.const 8))
    catch $odd
      (drop (call $malloc (i32.const 3)))
    end)
  ;; Blocks of every legacy form begin and end in dead code.
  (func $app.dead (export "dead")
    block $out
      br $out
      try
        (drop (call $malloc (i32.const 1001)))
      delegate $out
      try
        (drop (call $malloc (i32.const 1002)))
      catch $odd
        drop
        (drop (call $malloc (i32.const 1003)))
      catch_all
        (drop (call $malloc (i32.const 1004)))
      end
      (drop (call $malloc (i32.const 1005)))
    end
    (drop (call $malloc (i32.const 6))))
)
