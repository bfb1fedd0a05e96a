; A call that does not come back is no site: what a function allocates that ends the program is in the pool.
; args: -print-allocs app
; expect: 0 1 8
; expect: pool 1 5
; exit: 3
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @exit(i32)

define void @fail() noreturn noinline {
  %p = call ptr @malloc(i64 5)
  call void @exit(i32 3)
  unreachable
}

define i32 @app.main() {
  %p = call ptr @malloc(i64 8)
  call void @fail()
  unreachable
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
