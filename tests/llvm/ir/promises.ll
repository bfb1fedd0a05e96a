; Functions that promised not to write memory do, now that they count: without that taken back, an optimiser reads
; 220 counts as 4.
; args: -print-allocs app
; expect: 0 220 1760
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare noalias ptr @malloc(i64) nounwind willreturn memory(inaccessiblemem: readwrite)
declare void @free(ptr)

define internal ptr @app.make() nounwind nosync willreturn memory(inaccessiblemem: readwrite) {
  %p = call ptr @malloc(i64 8)
  ret ptr %p
}

define i32 @main() {
entry:
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %p = call ptr @app.make() memory(inaccessiblemem: readwrite)
  call void @free(ptr %p)
  %next = add i32 %i, 1
  %more = icmp ult i32 %next, 220
  br i1 %more, label %loop, label %done
done:
  ret i32 0
}
