;; No name section: the allocator is found by its export, functions go by export name or index.
;;! args: -print-allocs '^(f|func\[2\])$'
;;! run: f(24)
;;! run: g(5)
;;! run: malloc(3)
;;! expect: slots = 4
;;! expect: site 0 = 1, 24     ;; f
;;! expect: site 1 = 2, 3      ;; func[2], called by f and by g
;;! expect: site 2 = 1, 100    ;; f calls func[4], which is not selected
;;! expect: pool = 2, 8        ;; g 5, and the host 3
(module
  (func (export "malloc") (param i32) (result i32)
    (i32.const 16))
  (func (export "f") (param i32) (result i32)
    (call 2 (i32.const 1))
    (call 4)
    (call 0 (local.get 0)))
  (func (param i32)
    (drop (call 0 (local.get 0))))
  (func (export "g") (param i32) (result i32)
    (call 2 (i32.const 2))
    (call 0 (local.get 0)))
  (func
    (drop (call 0 (i32.const 100))))
)
