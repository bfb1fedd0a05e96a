;; A bump allocator and three callers: two of `feed`, which the tests select, and one that they do not.
(module
  (memory (export "memory") (export "heap") 1 4)
  (global $top (mut i32) (i32.const 1024))

  (func $bump (param $size i32) (result i32)
    (local $start i32)
    (local.set $start (global.get $top))
    (global.set $top (i32.add (local.get $start) (local.get $size)))
    (local.get $start))

  (func $feed.render (export "render")
    (drop (call $bump (i32.const 16))))

  (func $feed.load (export "load") (param $bytes i32)
    (drop (call $bump (local.get $bytes))))

  (func $idle (export "idle")
    (drop (call $bump (i32.const 8))))

  (func (export "grow") (param $pages i32) (result i32)
    (memory.grow (local.get $pages))))
