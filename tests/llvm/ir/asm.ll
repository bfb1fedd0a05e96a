; Inline assembly, its branches, and intrinsics are left alone.
; args: -print-allocs app
; expect: 0 1 8
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)
declare void @llvm.donothing()

define i32 @app.main() {
  call void asm sideeffect "nop", ""()
  call void @llvm.donothing()
  callbr void asm sideeffect "nop", "!i"() to label %fallthrough [label %jumped]
fallthrough:
  %p = call ptr @malloc(i64 8)
  call void @free(ptr %p)
  ret i32 0
jumped:
  ret i32 1
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
