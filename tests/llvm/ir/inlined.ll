; Names come from the chain of positions at which functions were inlined, innermost first: the standard library's is
; nobody's line. Calls that are added have the position of the call that they are for.
; args: -print-allocs app
; expect: 0 1 16
; exit: 0
source_filename = "app.cpp"
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare nonnull ptr @_Znwm(i64)
declare void @_ZdlPv(ptr)

define i32 @main() !dbg !10 {
  %p = call ptr @_Znwm(i64 16), !dbg !20
  call void @_ZdlPv(ptr %p), !dbg !21
  ret i32 0, !dbg !21
}

!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!1}
!0 = distinct !DICompileUnit(language: DW_LANG_C_plus_plus, file: !2, isOptimized: true, emissionKind: FullDebug)
!1 = !{i32 2, !"Debug Info Version", i32 3}
!2 = !DIFile(filename: "app.cpp", directory: "/src")
!3 = !DIFile(filename: "/usr/include/c++/12/bits/new_allocator.h", directory: "/src")
!4 = !DISubroutineType(types: !5)
!5 = !{null}
!10 = distinct !DISubprogram(name: "main", scope: !2, file: !2, line: 9, type: !4, unit: !0, spFlags: DISPFlagDefinition)
!11 = distinct !DISubprogram(name: "push", linkageName: "_ZN3app4Feed4pushEi", scope: !2, file: !2, line: 4, type: !4, unit: !0, spFlags: DISPFlagDefinition)
!12 = distinct !DISubprogram(name: "allocate", linkageName: "_ZNSt15__new_allocatorIiE8allocateEmPKv", scope: !3, file: !3, line: 90, type: !4, unit: !0, spFlags: DISPFlagDefinition)
!20 = !DILocation(line: 91, column: 7, scope: !12, inlinedAt: !22)
!21 = !DILocation(line: 11, column: 1, scope: !10)
!22 = distinct !DILocation(line: 5, column: 12, scope: !23, inlinedAt: !24)
!23 = distinct !DILexicalBlock(scope: !11, file: !2, line: 5, column: 3)
!24 = distinct !DILocation(line: 10, column: 8, scope: !10)
