; Invokes whose normal destination is shared, with values that come from either: the edge of each is split, and the phi
; takes its values from there. operator new never gives null.
; args: -print-allocs app
; f(0): 24 bytes at the first; f(1): 40 bytes at the second.
; expect: 0 1 24
; expect: 1 2 80
; exit: 105
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare noundef nonnull ptr @_Znwm(i64)
declare void @_ZdlPv(ptr)
declare i32 @__gxx_personality_v0(...)

define i32 @app.f(i1 %which) personality ptr @__gxx_personality_v0 {
entry:
  br i1 %which, label %second, label %first
first:
  %a = invoke ptr @_Znwm(i64 24) to label %done unwind label %pad
second:
  %b = invoke ptr @_Znwm(i64 40) to label %done unwind label %pad
done:
  %p = phi ptr [ %a, %first ], [ %b, %second ]
  %size = phi i32 [ 21, %first ], [ 42, %second ]
  call void @_ZdlPv(ptr %p)
  ret i32 %size
pad:
  %caught = landingpad { ptr, i32 } cleanup
  resume { ptr, i32 } %caught
}

define i32 @main() {
  %a = call i32 @app.f(i1 false)
  %b = call i32 @app.f(i1 true)
  %c = call i32 @app.f(i1 true)
  %ab = add i32 %a, %b
  %abc = add i32 %ab, %c
  ret i32 %abc
}
