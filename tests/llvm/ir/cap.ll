; Two slots for three sites: the first keeps slot 0, the others share slot 1, which is the overflow slot.
; args: -print-allocs app -print-allocs-max-sites 2
; expect: 0 1 1
; expect: 1 2 5
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)

define i32 @app.main() {
  %a = call ptr @malloc(i64 1)
  %b = call ptr @malloc(i64 2)
  %c = call ptr @malloc(i64 3)
  call void @free(ptr %a)
  call void @free(ptr %b)
  call void @free(ptr %c)
  ret i32 0
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
