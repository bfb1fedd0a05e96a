; Nothing allocates, though malloc is declared and used by nobody: the module is left as it is.
; args: -print-allocs app
; status: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)

define i32 @main() {
  ret i32 0
}
