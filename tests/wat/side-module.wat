;; A side module of emscripten's: malloc and operator new come from the main module, under their symbols, and a function of its
;; own is found by its export.
;;! args: -print-allocs '.*'
;;! run: f(7)
;;! run: _Znam(9)
;;! expect: slots = 4
;;! expect: site 0 = 1, 7
;;! expect: site 1 = 1, 3
;;! expect: site 2 = 1, 4
;;! expect: pool = 1, 9        ;; the host
(module
  (import "env" "malloc" (func (param i32) (result i32)))
  (import "env" "_Znwm" (func (param i32) (result i32)))
  (func (export "_Znam") (param i32) (result i32)
    (call 1 (local.get 0)))
  (func (export "f") (param i32)
    (drop (call 0 (local.get 0)))
    (drop (call 1 (i32.const 3)))
    (drop (call 2 (i32.const 4))))
)
