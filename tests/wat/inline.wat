;; `--inline` puts the counting into the trampolines: direct, through, dispatch, pool and a drop, with the
;; numbers that calls of $logAlloc would give.
;;! args: -print-allocs '^app\.' --inline
;;! run: f(10)
;;! run: g(5)
;;! expect: slots = 6
;;! expect: site 0 = 1, 10     ;; malloc
;;! expect: site 1 = 1, 30     ;; calloc(10, 3)
;;! expect: site 2 = 1, 20     ;; operator new(20) over lib.reserve over malloc
;;! expect: site 3 = 1, 16     ;; lib.reserve(10)
;;! expect: site 4 = 1, 8      ;; the table: lib.reserve(2)
;;! expect: pool = 1, 11       ;; lib.reserve(5), called by the host
(module
  (type $reserve (func (param i32) (result i32)))
  (table funcref (elem $lib.reserve))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $calloc (param $n i32) (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.reserve (export "g") (type $reserve)
    (call $malloc (i32.add (local.get 0) (i32.const 6))))
  (func $_Znwm (param $size i32) (result i32)
    (call $lib.reserve (local.get $size)))
  (func $app.f (export "f") (param $n i32)
    (drop (call $malloc (local.get $n)))
    (drop (call $calloc (local.get $n) (i32.const 3)))
    (drop (call $_Znwm (i32.const 20)))
    (drop (call $lib.reserve (local.get $n)))
    (drop (call_indirect (type $reserve) (i32.const 2) (i32.const 0))))
)
