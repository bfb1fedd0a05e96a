;; Rust's names from 1.90 on: the crate __rustc, mangled as v0 does. std::thread::Thread::new asks the crate dlmalloc itself,
;; whose &mut self is gone: malloc(size), memalign(alignment, size), realloc(ptr, size).
;;! args: -print-allocs '^app::'
;;! run: f(40)
;;! run: thread()
;;! expect: slots = 4
;;! expect: site 0 = 1, 40 slice direct
;;! expect: site 1 = 1, 48 alloc direct     ;; __rust_realloc: the last parameter
;;! expect: site 2 = 3, 76 call through     ;; Thread::new: malloc 12, memalign 24, realloc 40
;;! expect: pool = 0, 0
(module
  (func $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE6mallocCsebHcaeoSrxy_3std
    (param $size i32) (result i32)
    (i32.const 16))
  (func $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE8memalignCsebHcaeoSrxy_3std
    (param $align i32) (param $size i32) (result i32)
    (call $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE6mallocCsebHcaeoSrxy_3std
      (i32.add (local.get $align) (local.get $size))))
  (func $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE7reallocCsebHcaeoSrxy_3std
    (param $ptr i32) (param $size i32) (result i32)
    (local.get $ptr))
  (func $_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc (param $size i32) (param $align i32) (result i32)
    (call $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE6mallocCsebHcaeoSrxy_3std
      (local.get $size)))
  (func $_RNvCsfLfy6EI15iL_7___rustc14___rust_realloc
    (param $ptr i32) (param $old i32) (param $align i32) (param $new i32) (result i32)
    (call $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE7reallocCsebHcaeoSrxy_3std
      (local.get $ptr) (local.get $new)))
  (func $_RNvMs_NtNtCsebHcaeoSrxy_3std6thread6threadNtB4_6Thread3new
    (drop (call $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE6mallocCsebHcaeoSrxy_3std
      (i32.const 12)))
    (drop (call $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE8memalignCsebHcaeoSrxy_3std
      (i32.const 32) (i32.const 24)))
    (drop (call $_RNvMs0_NtCsjqx8TIyZbP9_8dlmalloc8dlmallocINtB5_8DlmallocNtNtB7_3sys6SystemE7reallocCsebHcaeoSrxy_3std
      (i32.const 16) (i32.const 40))))
  (func $_RNvCsj4CZ6flxxfE_3app1f (export "f") (param $n i32)
    (drop (call $_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc (local.get $n) (i32.const 8)))
    (drop (call $_RNvCsfLfy6EI15iL_7___rustc14___rust_realloc
      (i32.const 16) (i32.const 4) (i32.const 2) (i32.const 48))))
  (func $_RNvCsj4CZ6flxxfE_3app6thread (export "thread")
    (call $_RNvMs_NtNtCsebHcaeoSrxy_3std6thread6threadNtB4_6Thread3new))
)
