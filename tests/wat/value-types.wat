;; Trampolines hand on every type of value, in any number: several results, none, vectors, references. Sites
;; sit in the middle of expressions, with other operands below theirs on the stack, and in blocks with
;; parameters.
;;! args: -print-allocs '^app\.'
;;! run: pair(3, 4n)
;;! run: block(5)
;;! run: vectors(6)
;;! run: floats(1.5, -0)
;;! run: references('object', vectors)
;;! run: indirect(2, 9n)
;;! run: operands(10)
;;! expect: slots = 9
;;! expect: site 0 = 1, 11     ;; app.operands: malloc(11)
;;! expect: site 1 = 1, 3      ;; app.pair: lib.pair(3, 4)
;;! expect: site 2 = 1, 5      ;; app.block: lib.pair(5, 1)
;;! expect: site 3 = 1, 6      ;; app.vectors: lib.shuffle allocates 6
;;! expect: site 4 = 1, 20     ;; app.floats: lib.scale allocates 20
;;! expect: site 5 = 1, 30     ;; app.references: lib.hold allocates 30
;;! expect: site 6 = 1, 12     ;; app.operands: lib.pair(12, 1)
;;! expect: site 7 = 1, 2      ;; app.indirect: lib.pair(2, 9) by the table
;;! expect: pool = 0, 0
(module
  (type $pair (func (param i32 i64) (result i64 i32)))
  (table funcref (elem $lib.pair))
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.pair (type $pair)
    (drop (call $malloc (local.get 0)))
    (local.get 1)
    (local.get 0))
  (func $lib.shuffle (param $v v128) (param $size i32) (result v128 v128)
    (drop (call $malloc (local.get $size)))
    (i32x4.add (local.get $v) (local.get $v))
    (local.get $v))
  (func $lib.scale (param $x f32) (param $y f64) (result f64 f32)
    (drop (call $malloc (i32.const 20)))
    (local.get $y)
    (local.get $x))
  (func $lib.hold (param $e externref) (param $f funcref) (result funcref externref)
    (drop (call $malloc (i32.const 30)))
    (local.get $f)
    (local.get $e))
  (func $app.pair (export "pair") (param $n i32) (param $m i64) (result i64 i32)
    (call $lib.pair (local.get $n) (local.get $m)))
  (func $app.block (export "block") (param $n i32) (result i64 i32)
    local.get $n
    i64.const 1
    (block (param i32 i64) (result i64 i32)
      call $lib.pair))
  (func $app.vectors (export "vectors") (param $n i32) (result i32)
    (local $doubled v128)
    (call $lib.shuffle (i32x4.splat (local.get $n)) (local.get $n))
    (local.set $doubled (i32x4.add))
    (i32x4.extract_lane 3 (local.get $doubled)))
  (func $app.floats (export "floats") (param $x f32) (param $y f64) (result f64 f32)
    (call $lib.scale (local.get $x) (local.get $y)))
  (func $app.references (export "references") (param $e externref) (param $f funcref) (result funcref externref)
    (call $lib.hold (local.get $e) (local.get $f)))
  (func $app.indirect (export "indirect") (param $n i32) (param $m i64) (result i64 i32)
    (call_indirect (type $pair) (local.get $n) (local.get $m) (i32.const 0)))
  ;; n + (16 - n), 1, 12
  (func $app.operands (export "operands") (param $n i32) (result i32 i64 i32)
    (i32.add
      (local.get $n)
      (i32.sub (call $malloc (i32.add (local.get $n) (i32.const 1))) (local.get $n)))
    (call $lib.pair (i32.add (local.get $n) (i32.const 2)) (i64.const 1)))
)
