;; The same after wasm-bindgen, which demangles the name section and leaves the hashes in. Here &mut self is still there:
;; malloc(self, size), memalign(self, alignment, size), realloc(self, ptr, size). Reports are without the hashes.
;;! args: -print-allocs '^app::f$'
;;! run: f(40)
;;! run: g()
;;! expect: slots = 3
;;! expect: site 0 = 1, 40 slice direct
;;! expect: site 1 = 1, 30 string through   ;; alloc::string::String::clone
;;! expect: pool = 3, 76                    ;; std's finish_grow: 12 + 24 + 40
(module
  (func $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::malloc"
    (param $self i32) (param $size i32) (result i32)
    (i32.const 16))
  (func $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::memalign"
    (param $self i32) (param $align i32) (param $size i32) (result i32)
    (i32.const 16))
  (func $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::realloc"
    (param $self i32) (param $ptr i32) (param $size i32) (result i32)
    (local.get $ptr))
  (func $"__rustc[b1c156c3cad71f26]::__rdl_alloc" (param $size i32) (param $align i32) (result i32)
    (call $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::malloc"
      (i32.const 1048) (local.get $size)))
  (func $"__rustc[b1c156c3cad71f26]::__rust_alloc" (param $size i32) (param $align i32) (result i32)
    (call $"__rustc[b1c156c3cad71f26]::__rdl_alloc" (local.get $size) (local.get $align)))
  (func $"<alloc[e4f3d144e99f0649]::raw_vec::RawVecInner<std[5f3c9038abe6489d]::alloc::System>>::finish_grow"
    (drop (call $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::malloc"
      (i32.const 1048) (i32.const 12)))
    (drop (call $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::memalign"
      (i32.const 1048) (i32.const 32) (i32.const 24)))
    (drop (call $"<dlmalloc[c273bb0c9ed652f9]::dlmalloc::Dlmalloc<dlmalloc[c273bb0c9ed652f9]::sys::System>>::realloc"
      (i32.const 1048) (i32.const 16) (i32.const 40))))
  (func $"<alloc[e4f3d144e99f0649]::string::String as core[56cb65ee1434da58]::clone::Clone>::clone"
    (drop (call $"__rustc[b1c156c3cad71f26]::__rust_alloc" (i32.const 30) (i32.const 1))))
  (func $app::f::h0123456789abcdef (export "f") (param $n i32)
    (drop (call $"__rustc[b1c156c3cad71f26]::__rust_alloc" (local.get $n) (i32.const 8)))
    (call $"<alloc[e4f3d144e99f0649]::string::String as core[56cb65ee1434da58]::clone::Clone>::clone"))
  (func $app::g::h0123456789abcdef (export "g")
    (call $"<alloc[e4f3d144e99f0649]::raw_vec::RawVecInner<std[5f3c9038abe6489d]::alloc::System>>::finish_grow"))
)
