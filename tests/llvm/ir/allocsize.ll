; Allocators by their attributes, whatever they are called: one argument, two arguments, no size, and one that frees.
; args: -print-allocs app
; pair(6, 8) is 48 bytes; of plain() the size is not known.
; expect: 0 1 5
; expect: 1 1 48
; expect: 2 1 0
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)

define noalias ptr @single(ptr %arena, i32 %size) allocsize(1) "alloc-family"="arena" {
  %wide = zext i32 %size to i64
  %p = call ptr @malloc(i64 %wide)
  ret ptr %p
}

define noalias ptr @pair(i64 %size, i64 %count) allockind("alloc,zeroed") allocsize(0, 1) "alloc-family"="arena" {
  %bytes = mul i64 %size, %count
  %p = call ptr @malloc(i64 %bytes)
  ret ptr %p
}

define noalias ptr @plain() allockind("alloc") "alloc-family"="arena" {
  %p = call ptr @malloc(i64 7)
  ret ptr %p
}

define void @release(ptr allocptr %p) allockind("free") "alloc-family"="arena" {
  call void @free(ptr %p)
  ret void
}

define i32 @app.main() {
  %a = call ptr @single(ptr null, i32 5)
  %b = call ptr @pair(i64 6, i64 8)
  %c = call ptr @plain()
  call void @release(ptr %a)
  call void @release(ptr %b)
  call void @release(ptr %c)
  ret i32 0
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
