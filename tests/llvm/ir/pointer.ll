; An allocator by its address, in a global and as an argument: what is called there counts in the pool, and a pointer
; compares with another as before. An alias of it is another name, whose calls are direct.
; args: -print-allocs app
; Over pointers 20 bytes in app.over, whose site stands first, and 10 in app.main; by the alias 30.
; expect: 1 1 20
; expect: 2 1 10
; expect: 0 1 30
; exit: 1
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)

define ptr @mine(i64 %size) allocsize(0) {
  %p = call ptr @malloc(i64 %size)
  ret ptr %p
}

@other_name = alias ptr (i64), ptr @mine
@pointer = global ptr @mine

define void @app.over(ptr %f, i64 %size) {
  %p = call ptr %f(i64 %size)
  call void @free(ptr %p)
  ret void
}

define i32 @app.main() {
  %f = load volatile ptr, ptr @pointer
  %p = call ptr %f(i64 10)
  call void @free(ptr %p)
  call void @app.over(ptr @mine, i64 20)
  %q = call ptr @other_name(i64 30)
  call void @free(ptr %q)
  %same = icmp eq ptr %f, @mine
  %r = zext i1 %same to i32
  ret i32 %r
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
