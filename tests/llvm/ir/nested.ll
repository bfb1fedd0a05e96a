; The outermost allocator counts. Outer reaches malloc over a function that others call, too: what is counted
; beneath it is dropped.
; args: -print-allocs app --allocator ^outer$=0
; outer(100) is one allocation of 100 bytes; shared alone is one of 8.
; expect: 0 1 100
; expect: 1 1 8
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)

define ptr @shared() noinline {
  %p = call ptr @malloc(i64 8)
  ret ptr %p
}

define ptr @outer(i64 %size) noinline {
  %p = call ptr @shared()
  call void @free(ptr %p)
  %q = call ptr @malloc(i64 %size)
  ret ptr %q
}

define i32 @app.main() {
  %a = call ptr @outer(i64 100)
  %b = call ptr @shared()
  call void @free(ptr %a)
  call void @free(ptr %b)
  ret i32 0
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
