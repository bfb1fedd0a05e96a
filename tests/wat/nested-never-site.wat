;; As nested-shared, with everything selected: the call of malloc in lib.reserve runs beneath an allocator
;; as well as beneath app.f, so it is no site even though lib.reserve is selected, and app.f's call of
;; lib.reserve is one.
;;! args: -print-allocs '^(app|lib)\.'
;;! run: f()
;;! run: reserve(50)
;;! expect: slots = 3
;;! expect: site 0 = 1, 10     ;; operator new(10)
;;! expect: site 1 = 1, 116    ;; lib.reserve(100) asks malloc for 116
;;! expect: pool = 1, 66       ;; lib.reserve(50), called by the host
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.reserve (export "reserve") (param $size i32) (result i32)
    (call $malloc (i32.add (local.get $size) (i32.const 16))))
  (func $_Znwm (param $size i32) (result i32)
    (call $lib.reserve (local.get $size)))
  (func $app.f (export "f")
    (drop (call $_Znwm (i32.const 10)))
    (drop (call $lib.reserve (i32.const 100))))
)
