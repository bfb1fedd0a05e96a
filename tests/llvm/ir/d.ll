; D: closures by their size; classes, whose size is in the type information, and entries of associative arrays without.
; args: -print-allocs app
; expect: 0 1 32
; expect: 1 1 0
; expect: 2 1 0
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

; druntime is another module.
module asm ".globl _d_allocmemory, _d_allocclass, _aaGetY"
module asm "_d_allocmemory: jmp malloc@PLT"
module asm "_d_allocclass: movl $48, %edi; jmp malloc@PLT"
module asm "_aaGetY: movl $8, %edi; jmp malloc@PLT"
declare ptr @_d_allocmemory(i64)
declare ptr @_d_allocclass(ptr)
declare ptr @_aaGetY(ptr, ptr, i64, ptr)

define i32 @app.main() {
  %a = call ptr @_d_allocmemory(i64 32)
  %b = call ptr @_d_allocclass(ptr null)
  %c = call ptr @_aaGetY(ptr null, ptr null, i64 8, ptr null)
  ret i32 0
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
