; A tail call that must be one: nothing can stand behind it, and before it nobody knows whether it gives null, so it becomes
; a call.
; args: -print-allocs app
; expect: 0 1 32
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)

define ptr @app.f(i64 %size) {
  %p = musttail call ptr @malloc(i64 %size)
  ret ptr %p
}

define i32 @main() {
  %p = call ptr @app.f(i64 32)
  call void @free(ptr %p)
  %none = call ptr @app.f(i64 -4096)
  ret i32 0
}
