;; Hands out any size without having any memory, so that counters pass 32 bits at once.
(module $vast-app
  (func $vast (param $size i32) (result i32)
    (i32.const 1024))

  ;; What `--log-fn log` calls.
  (func $log (param $site i32) (param $size i32))

  (func $feed.load (export "load") (param $bytes i32)
    (drop (call $vast (local.get $bytes)))))
