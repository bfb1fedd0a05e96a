; posix_memalign says by its status whether it has allocated.
; args: -print-allocs app
; 64 bytes aligned to 64 succeed; an alignment of 3 does not.
; expect: 0 1 64
; exit: 22
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare i32 @posix_memalign(ptr, i64, i64)
declare void @free(ptr)

define i32 @app.f(i64 %alignment) {
  %at = alloca ptr
  store ptr null, ptr %at
  %status = call i32 @posix_memalign(ptr %at, i64 %alignment, i64 64)
  %p = load ptr, ptr %at
  %made = icmp eq i32 %status, 0
  br i1 %made, label %release, label %done
release:
  call void @free(ptr %p)
  br label %done
done:
  ret i32 %status
}

define i32 @main() {
  %a = call i32 @app.f(i64 64)
  %b = call i32 @app.f(i64 3)
  %c = add i32 %a, %b
  ret i32 %c
}
