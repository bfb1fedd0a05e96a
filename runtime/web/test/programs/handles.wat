;; A program that holds host objects by id: `fill` creates some, and `drop` gives all of them back in one call.
(module
  (import "host" "create" (func $create (result i32)))
  (import "host" "release_all" (func $release_all (param $ids i32) (param $count i32) (result i32)))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 0))

  (func (export "fill") (param $wanted i32)
    (loop $next
      (if (i32.lt_u (global.get $count) (local.get $wanted))
        (then
          (i32.store offset=1 (i32.mul (global.get $count) (i32.const 4)) (call $create))
          (global.set $count (i32.add (global.get $count) (i32.const 1)))
          (br $next)))))

  (func (export "drop") (result i32)
    (call $release_all (i32.const 1) (global.get $count))))
