;; What the standard library is called tells the kind; its own code is never selected, whichever way a name is written.
;;! args: -print-allocs '.*'
;;! run: f()
;;! expect: slots = 9
;;! expect: site 0 = 1, 8 alloc direct       ;; in serde_json's own Clone, which is selected, so the call of it is no site
;;! expect: site 1 = 1, 1 slice through      ;; alloc::vec::from_elem
;;! expect: site 2 = 1, 2 append through     ;; RawVec::grow_one
;;! expect: site 3 = 1, 3 map through        ;; hashbrown
;;! expect: site 4 = 1, 4 map through        ;; BTreeMap
;;! expect: site 5 = 1, 5 string through     ;; ToString for a type parameter
;;! expect: site 6 = 1, 6 slice through      ;; <[u8]>::to_vec
;;! expect: site 7 = 1, 7 alloc through      ;; Arc
;;! expect: pool = 0, 0
(module
  (func $__rust_alloc (param $size i32) (param $align i32) (result i32)
    (i32.const 16))
  (func $alloc::vec::from_elem::h11673b954fcaeb34
    (drop (call $__rust_alloc (i32.const 1) (i32.const 1))))
  (func $_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h0123456789abcdefE
    (drop (call $__rust_alloc (i32.const 2) (i32.const 1))))
  (func $_ZN9hashbrown3raw21RawTable$LT$T$C$A$GT$14reserve_rehash17h3980810018058d6aE
    (drop (call $__rust_alloc (i32.const 3) (i32.const 1))))
  (func $"alloc::collections::btree::map::BTreeMap<K,V,A>::insert::h0123456789abcdef"
    (drop (call $__rust_alloc (i32.const 4) (i32.const 1))))
  (func $"<T as alloc::string::ToString>::to_string::h0123456789abcdef"
    (drop (call $__rust_alloc (i32.const 5) (i32.const 1))))
  (func $"<[u8]>::to_vec"
    (drop (call $__rust_alloc (i32.const 6) (i32.const 1))))
  (func $"alloc::sync::Arc<T>::new::h0123456789abcdef"
    (drop (call $__rust_alloc (i32.const 7) (i32.const 1))))
  ;; A trait of the standard library for another crate's type is that crate's code, and has a site of its own.
  (func $"<serde_json::Value as core::clone::Clone>::clone::h0123456789abcdef"
    (drop (call $__rust_alloc (i32.const 8) (i32.const 1))))
  (func $app::f::h0123456789abcdef (export "f")
    (call $alloc::vec::from_elem::h11673b954fcaeb34)
    (call $_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h0123456789abcdefE)
    (call $_ZN9hashbrown3raw21RawTable$LT$T$C$A$GT$14reserve_rehash17h3980810018058d6aE)
    (call $"alloc::collections::btree::map::BTreeMap<K,V,A>::insert::h0123456789abcdef")
    (call $"<T as alloc::string::ToString>::to_string::h0123456789abcdef")
    (call $"<[u8]>::to_vec")
    (call $"alloc::sync::Arc<T>::new::h0123456789abcdef")
    (call $"<serde_json::Value as core::clone::Clone>::clone::h0123456789abcdef"))
)
