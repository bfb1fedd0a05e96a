;; Rust with legacy names whose shims were inlined: only the crate dlmalloc is left to be recognised. Dlmalloc::malloc with
;; one parameter is (size), Dlmalloc::realloc with two is (ptr, size); memalign calls malloc for more than was asked for.
;;! args: -print-allocs '^app::'
;;! run: f(40)
;;! expect: slots = 4
;;! expect: site 0 = 1, 40 slice direct
;;! expect: site 1 = 1, 64 alloc direct
;;! expect: site 2 = 1, 100 alloc direct
;;! expect: pool = 0, 0
(module
  (func $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h8212cd1e75d2c8f3E (param $size i32) (result i32)
    (i32.const 16))
  (func $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$8memalign17hed799922f1772600E
    (param $align i32) (param $size i32) (result i32)
    (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h8212cd1e75d2c8f3E
      (i32.add (local.get $size) (local.get $align))))
  (func $dlmalloc::dlmalloc::Dlmalloc<A>::realloc::h065a548fac08fdc0 (param $ptr i32) (param $size i32) (result i32)
    (local.get $ptr))
  (func $_ZN3app1f17h0123456789abcdefE (export "f") (param $n i32)
    (drop (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$6malloc17h8212cd1e75d2c8f3E (local.get $n)))
    (drop (call $_ZN8dlmalloc8dlmalloc17Dlmalloc$LT$A$GT$8memalign17hed799922f1772600E (i32.const 16) (i32.const 64)))
    (drop (call $dlmalloc::dlmalloc::Dlmalloc<A>::realloc::h065a548fac08fdc0 (i32.const 16) (i32.const 100))))
)
