;; `--attribute host`: a call of an import, from which the host comes back through the exported allocator,
;; is a site.
;;! args: -print-allocs '^app\.' --attribute host
;;! run: f(40)
;;! run: g(50)
;;! expect: slots = 4
;;! expect: site 0 = 1, 3      ;; app.f, direct; the ranking puts host sites last
;;! expect: site 1 = 1, 40 host ;; env.callback_malloc(40) calls the export
;;! expect: site 2 = 0, 0 host ;; env.log calls nothing back, which cannot be known before
;;! expect: pool = 1, 50       ;; the import called by lib.g
(module
  (import "env" "callback_malloc" (func $callback_malloc (param i32) (result i32)))
  (import "env" "log" (func $log (param i32)))
  (func $malloc (export "malloc") (param $size i32) (result i32)
    (i32.const 16))
  (func $app.f (export "f") (param $n i32) (result i32)
    (call $callback_malloc (local.get $n))
    (call $log (i32.const 1))
    (drop (call $malloc (i32.const 3))))
  (func $lib.g (export "g") (param $n i32) (result i32)
    (call $callback_malloc (local.get $n)))
)
