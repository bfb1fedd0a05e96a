; As TinyGo writes IR: every function takes a context, and the program has a logging function that takes one, too. Kinds are told
; apart by what is called and by the size: alloc, slice, map and chan.
; args: -print-allocs ^main --log-fn runtime.logAlloc
; make(map) allocates 48 bytes in the runtime, make(chan) 32.
; stdout: 0 24
; stdout: 1 80
; stdout: 2 48
; stdout: 3 32
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @calloc(i64, i64)
declare i32 @printf(ptr, ...)
@format = private constant [8 x i8] c"%d %ld\0A\00"

define internal noalias nonnull ptr @runtime.alloc(i64 %size, ptr %layout, ptr %context) noinline allockind("alloc,zeroed") allocsize(0) "alloc-family"="runtime.alloc" {
  %p = call ptr @calloc(i64 1, i64 %size)
  ret ptr %p
}

define internal ptr @runtime.hashmapMake(i64 %key, i64 %value, i64 %hint, i8 %kind, ptr %context) noinline {
  %p = call ptr @runtime.alloc(i64 48, ptr null, ptr undef)
  ret ptr %p
}

define internal ptr @runtime.chanMake(i64 %size, i64 %length, ptr %context) noinline {
  %p = call ptr @runtime.alloc(i64 32, ptr null, ptr undef)
  ret ptr %p
}

define internal void @runtime.logAlloc(i32 %site, i64 %size, ptr %context) noinline {
  %n = call i32 (ptr, ...) @printf(ptr @format, i32 %site, i64 %size)
  ret void
}

define void @main.main(i64 %count, ptr %context) noinline {
  %new = call ptr @runtime.alloc(i64 24, ptr inttoptr (i64 67 to ptr), ptr undef)
  %bytes = mul i64 %count, 8
  %makeslice.buf = call ptr @runtime.alloc(i64 %bytes, ptr null, ptr undef)
  %map = call ptr @runtime.hashmapMake(i64 8, i64 8, i64 0, i8 0, ptr undef)
  %chan = call ptr @runtime.chanMake(i64 8, i64 0, ptr undef)
  ret void
}

define i32 @main() {
  call void @main.main(i64 10, ptr undef)
  ret i32 0
}
