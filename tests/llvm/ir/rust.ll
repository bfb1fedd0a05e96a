; Rust's allocation functions by their mangled names, of which each counts once, though it is over malloc.
; args: -print-allocs app
; realloc of 8 to 24 bytes is one allocation of 24; alloc_zeroed gives 16.
; expect: 0 1 8
; expect: 1 1 24
; expect: 2 1 16
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare noalias ptr @malloc(i64)
declare ptr @realloc(ptr, i64)
declare noalias ptr @calloc(i64, i64)

define internal noalias ptr @_RNvCsjj5D3zVSQEL_7___rustc12___rust_alloc(i64 %size, i64 %align) noinline allockind("alloc,uninitialized,aligned") allocsize(0) "alloc-family"="__rust_alloc" {
  %p = call ptr @malloc(i64 %size)
  ret ptr %p
}

define internal noalias ptr @_RNvCsjj5D3zVSQEL_7___rustc14___rust_realloc(ptr allocptr %old, i64 %old_size, i64 allocalign %align, i64 %size) noinline allockind("realloc,aligned") allocsize(3) "alloc-family"="__rust_alloc" {
  %p = call ptr @realloc(ptr %old, i64 %size)
  ret ptr %p
}

define internal noalias ptr @_RNvCsjj5D3zVSQEL_7___rustc19___rust_alloc_zeroed(i64 %size, i64 %align) noinline allockind("alloc,zeroed,aligned") allocsize(0) "alloc-family"="__rust_alloc" {
  %p = call ptr @calloc(i64 1, i64 %size)
  ret ptr %p
}

define i32 @_RNvCs1234_3app4main() {
  %a = call ptr @_RNvCsjj5D3zVSQEL_7___rustc12___rust_alloc(i64 8, i64 8)
  %b = call ptr @_RNvCsjj5D3zVSQEL_7___rustc14___rust_realloc(ptr %a, i64 8, i64 8, i64 24)
  %c = call ptr @_RNvCsjj5D3zVSQEL_7___rustc19___rust_alloc_zeroed(i64 16, i64 8)
  ret i32 0
}

define i32 @main() {
  %r = call i32 @_RNvCs1234_3app4main()
  ret i32 %r
}
