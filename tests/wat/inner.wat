;; lib.refill is called by malloc alone, so its call of dlmalloc is malloc's own business: neither a site,
;; though the regular expression selects it, nor counted.
;;! args: -print-allocs '.*'
;;! run: f(10)
;;! expect: slots = 2
;;! expect: site 0 = 1, 10
;;! expect: pool = 0, 0
(module
  (func $dlmalloc (param $size i32) (result i32)
    (i32.const 16))
  (func $lib.refill (param $size i32) (result i32)
    (call $lib.chunk (i32.const 4096))
    (call $dlmalloc (local.get $size)))
  (func $lib.chunk (param $size i32)
    (drop (call $dlmalloc (local.get $size))))
  (func $malloc (param $size i32) (result i32)
    (call $lib.refill (local.get $size)))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $malloc (local.get $n)))
)
