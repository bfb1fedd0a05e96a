;; `--include-runtime` lifts what the model calls runtime: strdup's own call of malloc is the site, and the
;; call of strdup is none. The allocator's own calls stay its own.
;;! args: -print-allocs '.*' --include-runtime
;;! run: f(24)
;;! expect: slots = 3
;;! expect: site 0 = 1, 25     ;; in strdup: one more for the terminating zero
;;! expect: site 1 = 1, 24     ;; app.f: malloc(n), which asks dlmalloc
(module
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $malloc (param $size i32) (result i32)
    (call $dlmalloc (local.get $size)))
  (func $strdup (param $length i32) (result i32)
    (call $malloc (i32.add (local.get $length) (i32.const 1))))
  (func $app.f (export "f") (param $n i32)
    (drop (call $strdup (local.get $n)))
    (drop (call $malloc (local.get $n))))
)
