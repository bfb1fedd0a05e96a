;; Kinds by what the program calls, in TinyGo's names: an allocator with a size that is not constant makes
;; slices, the runtime's helpers make what they are called after, and another package's function is just a
;; call.
;;! args: -print-allocs 'web/wasm/app'
;;! run: f(3)
;;! expect: slots = 9
;;! expect: site 0 = 1, 16 alloc direct            ;; runtime.alloc(16)
;;! expect: site 1 = 1, 24 slice direct            ;; runtime.alloc(8n)
;;! expect: site 2 = 1, 48 map through             ;; runtime.hashmapMake
;;! expect: site 3 = 1, 32 map through             ;; runtime.hashmapStringSet
;;! expect: site 4 = 1, 40 chan through            ;; runtime.chanMake
;;! expect: site 5 = 1, 64 append through          ;; runtime.sliceAppend
;;! expect: site 6 = 1, 5 string through           ;; runtime.stringConcat
;;! expect: site 7 = 2, 7 call through             ;; fmt.Sprint, 5 by way of runtime.stringConcat and 2
;;! expect: pool = 0, 0
(module
  (func $runtime.alloc (param $size i32) (param $layout i32) (result i32)
    (i32.const 16))
  (func $runtime.hashmapMake
    (drop (call $runtime.alloc (i32.const 48) (i32.const 0))))
  (func $runtime.hashmapStringSet
    (drop (call $runtime.alloc (i32.const 32) (i32.const 0))))
  (func $runtime.chanMake
    (drop (call $runtime.alloc (i32.const 40) (i32.const 0))))
  (func $runtime.sliceAppend
    (drop (call $runtime.alloc (i32.const 64) (i32.const 0))))
  (func $runtime.stringConcat
    (drop (call $runtime.alloc (i32.const 5) (i32.const 0))))
  (func $fmt.Sprint
    (call $runtime.stringConcat)
    (drop (call $runtime.alloc (i32.const 2) (i32.const 0))))
  (func $web/wasm/app.f (export "f") (param $n i32)
    (drop (call $runtime.alloc (i32.const 16) (i32.const 3)))
    (drop (call $runtime.alloc (i32.shl (local.get $n) (i32.const 3)) (i32.const 3)))
    (call $runtime.hashmapMake)
    (call $runtime.hashmapStringSet)
    (call $runtime.chanMake)
    (call $runtime.sliceAppend)
    (call $runtime.stringConcat)
    (call $fmt.Sprint))
)
