; An allocation that is only freed: the optimiser would remove it, and leave the call that counts it. It is made.
; args: -print-allocs app
; expect: 0 1 24
; expect: 1 1 40
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare noalias ptr @malloc(i64) allockind("alloc,uninitialized") allocsize(0) "alloc-family"="malloc"
declare void @free(ptr allocptr) allockind("free") "alloc-family"="malloc"
declare noalias nonnull ptr @_Znwm(i64) allockind("alloc,uninitialized") allocsize(0) "alloc-family"="_Znwm"
declare void @_ZdlPv(ptr allocptr) allockind("free") "alloc-family"="_Znwm"

define i32 @app.main() {
  %p = call ptr @malloc(i64 24)
  call void @free(ptr %p)
  %q = call ptr @_Znwm(i64 40) builtin
  call void @_ZdlPv(ptr %q) builtin
  ret i32 0
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
