; A module that was instrumented before.
; args: -print-allocs app
; status: 3
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

@allocinstr.module = internal global i32 0
declare ptr @malloc(i64)
