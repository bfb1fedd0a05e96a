; A logging function of a type that cannot be called with a site and a size.
; args: -print-allocs app --log-fn app.log
; status: 2
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @app.log(i64, i64)

define ptr @app.f() {
  %p = call ptr @malloc(i64 8)
  ret ptr %p
}
