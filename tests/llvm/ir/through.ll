; What a function that is not selected allocates is the site's that called it, over a direct call (through) and over a
; pointer (dispatch); what is thrown out of it stays in the pool.
; args: -print-allocs app
; lib.both allocates 3 and 4 bytes: once over the direct call, and once over the pointer.
; lib.throws allocates 9 bytes and throws: in the pool.
; expect: 0 2 7
; expect: 2 2 7
; expect: pool 1 9
; exit: 0
target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"
target triple = "x86_64-pc-linux-gnu"

declare ptr @malloc(i64)
declare void @free(ptr)
declare ptr @__cxa_allocate_exception(i64)
declare void @__cxa_throw(ptr, ptr, ptr)
declare i32 @__gxx_personality_v0(...)
declare ptr @__cxa_begin_catch(ptr)
declare void @__cxa_end_catch()
@_ZTIi = external constant ptr

define void @lib.both() noinline {
  %a = call ptr @malloc(i64 3)
  %b = call ptr @malloc(i64 4)
  call void @free(ptr %a)
  call void @free(ptr %b)
  ret void
}

define void @lib.throws(i1 %really) noinline {
  %a = call ptr @malloc(i64 9)
  call void @free(ptr %a)
  br i1 %really, label %throw, label %done
throw:
  %e = call ptr @__cxa_allocate_exception(i64 4)
  call void @__cxa_throw(ptr %e, ptr @_ZTIi, ptr null)
  unreachable
done:
  ret void
}

@pointer = global ptr @lib.both

define i32 @app.main() personality ptr @__gxx_personality_v0 {
  call void @lib.both()
  %f = load volatile ptr, ptr @pointer
  call void %f()
  invoke void @lib.throws(i1 true) to label %done unwind label %pad
pad:
  %caught = landingpad { ptr, i32 } catch ptr null
  %exception = extractvalue { ptr, i32 } %caught, 0
  %begun = call ptr @__cxa_begin_catch(ptr %exception)
  call void @__cxa_end_catch()
  br label %done
done:
  ret i32 0
}

define i32 @main() {
  %r = call i32 @app.main()
  ret i32 %r
}
