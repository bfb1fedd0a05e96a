; A failed allocation counts nothing, at a site or in the pool.
; args: -print-allocs app
; The first site gets 16 bytes, and null for more than there are addresses; the pool gets 8 bytes and null.
; expect: 0 1 16
; expect: pool 1 8
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)

define void @app.f(i64 %size) {
  %p = call ptr @malloc(i64 %size)
  call void @free(ptr %p)
  ret void
}

define void @other(i64 %size) {
  %p = call ptr @malloc(i64 %size)
  call void @free(ptr %p)
  ret void
}

define i32 @main() {
  call void @app.f(i64 16)
  call void @app.f(i64 -4096)
  call void @other(i64 8)
  call void @other(i64 -4096)
  ret i32 0
}
