;; Tells statistics of its own: what its heap spends, by 16s, and that past what fits into 32 bits or is signed there.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 0))
  (global $inuse (export "mem_stats_heap_inuse") (mut i32) (i32.const 0x80000000))

  (func $bump (param $size i32) (result i32)
    (local $start i32) (local $spent i32)
    (local.set $start (global.get $top))
    (local.set $spent
      (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16)))
    (global.set $top (i32.add (local.get $start) (local.get $spent)))
    (global.set $inuse (i32.add (global.get $inuse) (local.get $spent)))
    (i32.add (local.get $start) (i32.const 1024)))

  (func $feed.load (export "load") (param $bytes i32)
    (drop (call $bump (local.get $bytes))))

  ;; As a Go program does that fills a runtime.MemStats, it allocates to tell.
  (func (export "mem_stats_total_alloc") (result i64)
    (drop (call $bump (i32.const 16)))
    (i64.add (i64.extend_i32_u (global.get $top)) (i64.const 0x100000000))))
