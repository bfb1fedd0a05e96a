;; A call of an unselected function that reaches an allocator takes what was allocated beneath it. Through
;; sites come after direct ones, wherever they are in the code.
;;! args: -print-allocs '^app\.'
;;! run: f(3)
;;! run: f(0)
;;! run: twice()
;;! expect: slots = 4
;;! expect: site 0 = 2, 16     ;; the direct call at the end of app.f: 8 at each of two runs
;;! expect: site 1 = 3, 96     ;; lib.grow(3) allocates 3 × 32, lib.grow(0) nothing
;;! expect: site 2 = 4, 128    ;; lib.twice allocates 2 × 32 at each of two runs
;;! expect: pool = 2, 64       ;; lib.twice called by the host
(module
  (global $top (mut i32) (i32.const 1024))
  (func $malloc (param $size i32) (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size))))
  (func $lib.grow (param $n i32) (result i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (drop (call $malloc (i32.const 32)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (global.get $top))
  (func $lib.twice (export "twice")
    (drop (call $lib.grow (i32.const 2))))
  (func $lib.quiet (result i32)
    (i32.const 1))
  (func $app.f (export "f") (param $n i32) (result i32)
    (drop (call $lib.grow (local.get $n)))
    (call $lib.twice)
    (drop (call $lib.quiet))
    (call $malloc (i32.const 8)))
)
