; The records of this thread are found by the runtime (runtime/native) when they are first needed.
@allocinstr.thread = thread_local global ptr null
@allocinstr.first = global [$RECORDS x { i64, i64 }] zeroinitializer, align 16
@allocinstr.table = constant [$TABLE_LENGTH x i8] c"$TABLE"
@allocinstr.build = constant [33 x i8] c"$BUILD\00"
@allocinstr.class = constant [$CLASS_LENGTH x i8] c"$CLASS\00"
; struct allocinstr_module of runtime/native/allocinstr.h: version, slots, records, site table, its length, build id,
; allocator class, and what is the runtime's own.
@allocinstr.module = global { i32, i32, ptr, ptr, $SIZE, ptr, ptr, [8 x ptr] } {
  i32 1, i32 $SLOTS, ptr @allocinstr.first, ptr @allocinstr.table, $SIZE $TABLE_LENGTH,
  ptr @allocinstr.build, ptr @allocinstr.class, [8 x ptr] zeroinitializer }

define ptr @allocinstr.current() #1 {
  %thread = call ptr @llvm.threadlocal.address.p0(ptr @allocinstr.thread)
  %records = load ptr, ptr %thread, align $ALIGN
  ret ptr %records
}

define ptr @allocinstr.find() #2 {
  %thread = call ptr @llvm.threadlocal.address.p0(ptr @allocinstr.thread)
  %found = call ptr @allocinstr_thread(ptr @allocinstr.module, ptr %thread)
  ret ptr %found
}

define void @allocinstr.start() #3 {
  call void @allocinstr_register(ptr @allocinstr.module)
  ret void
}

define void @allocinstr.stop() #3 {
  call void @allocinstr_unregister(ptr @allocinstr.module)
  ret void
}

declare ptr @allocinstr_thread(ptr, ptr)
declare void @allocinstr_register(ptr)
declare void @allocinstr_unregister(ptr)

; The first to be called when the module is loaded, the last when it goes; below 101 is the compiler's.
@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 101, ptr @allocinstr.start, ptr null }]
@llvm.global_dtors = appending global [1 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 101, ptr @allocinstr.stop, ptr null }]
