;; A name section with a name that is not UTF-8 before the allocator's: the name is shown as well as it can
;; be, and the names after it count.
;;! args: -print-allocs 'app'
;;! run: f(24)
;;! run: g(5)
;;! expect: slots = 3
;;! expect: site 0 = 1, 24
;;! expect: site 1 = 1, 5
(module
  (func (export "f") (param i32) (result i32)
    (call 1 (local.get 0)))
  (func (param i32) (result i32)
    (i32.const 16))
  (func (export "g") (param i32) (result i32)
    (call 1 (local.get 0)))
  ;; Subsection 1, 25 bytes: 0 "app.\ff\fe", 1 "malloc", 2 "app.ok"
  (@custom "name" "\01\19\03\00\06app.\ff\fe\01\06malloc\02\06app.ok")
)
