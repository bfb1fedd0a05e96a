; What counts. What is called at every allocation leaves registers as they are, where the target can, so that
; callers need not save them.
;
; The records of a thread are in one block of pairs {count, bytes}: what is kept beneath
; allocators that drop, the unattributed pool, then the sites. Only their thread writes them; another may read them for
; a snapshot, so every access is atomic, which costs nothing but order.

; The pool's count and bytes, and what is kept of it.
%allocinstr.saved = type { i64, i64, i64, i64 }

; logAlloc(site, size): one allocation of `size` bytes. The pool is site -1.
define $CONVENTION void @allocinstr.logAlloc(i32 %site, $SIZE %size) #0 {
  call void @allocinstr.count(i32 %site, $SIZE %size)
  ret void
}

; The same, unless nothing was allocated.
define $CONVENTION void @allocinstr.logUnlessNull(i32 %site, $SIZE %size, ptr %result) #0 {
  call void asm sideeffect "", "r"(ptr %result) #3
  %is_null = icmp eq ptr %result, null
  br i1 %is_null, label %done, label %count
count:
  call void @allocinstr.count(i32 %site, $SIZE %size)
  ret void
done:
  ret void
}

define void @allocinstr.count(i32 %site, $SIZE %size) #1 {
  %records = call ptr @allocinstr.current()
  %is_new = icmp eq ptr %records, null
  br i1 %is_new, label %new, label %known, !prof !0
known:
  %count = call ptr @allocinstr.record(ptr %records, i32 %site)
  %bytes = getelementptr i8, ptr %count, i32 8
  %old_count = load atomic i64, ptr %count monotonic, align 8
  %new_count = add i64 %old_count, 1
  store atomic i64 %new_count, ptr %count monotonic, align 8
  %size64 = $TO_I64
  %old_bytes = load atomic i64, ptr %bytes monotonic, align 8
  %new_bytes = add i64 %old_bytes, %size64
  store atomic i64 %new_bytes, ptr %bytes monotonic, align 8
  ret void
new:
  ; The last thing that is done, so that nothing has to be kept meanwhile.
  tail call $CONVENTION void @allocinstr.countFirst(i32 %site, $SIZE %size)
  ret void
}

define $CONVENTION void @allocinstr.countFirst(i32 %site, $SIZE %size) #2 {
  %records = call ptr @allocinstr.records()
  tail call $CONVENTION void @allocinstr.logAlloc(i32 %site, $SIZE %size)
  ret void
}

; The records of this thread.
define ptr @allocinstr.records() #1 {
  %records = call ptr @allocinstr.current()
  %is_new = icmp eq ptr %records, null
  br i1 %is_new, label %new, label %known, !prof !0
known:
  ret ptr %records
new:
  %found = call ptr @allocinstr.find()
  ret ptr %found
}

; What the pool holds, and what is kept, before a call that is measured.
define %allocinstr.saved @allocinstr.save() #0 {
  %records = call ptr @allocinstr.records()
  %kept_count = load atomic i64, ptr %records monotonic, align 8
  %kept_bytes_at = getelementptr i8, ptr %records, i32 8
  %kept_bytes = load atomic i64, ptr %kept_bytes_at monotonic, align 8
  %count_at = getelementptr i8, ptr %records, i32 16
  %count = load atomic i64, ptr %count_at monotonic, align 8
  %bytes_at = getelementptr i8, ptr %records, i32 24
  %bytes = load atomic i64, ptr %bytes_at monotonic, align 8
  %a = insertvalue %allocinstr.saved poison, i64 %count, 0
  %b = insertvalue %allocinstr.saved %a, i64 %bytes, 1
  %c = insertvalue %allocinstr.saved %b, i64 %kept_count, 2
  %d = insertvalue %allocinstr.saved %c, i64 %kept_bytes, 3
  ret %allocinstr.saved %d
}

; What the pool has gained since it was saved moves to the site. A pool that is smaller than before, in a process that
; was forked meanwhile, has gained nothing.
define void @allocinstr.logGrowth(i32 %site, %allocinstr.saved %saved) #0 {
  %records = call ptr @allocinstr.records()
  %count_at = getelementptr i8, ptr %records, i32 16
  %bytes_at = getelementptr i8, ptr %records, i32 24
  %count = load atomic i64, ptr %count_at monotonic, align 8
  %bytes = load atomic i64, ptr %bytes_at monotonic, align 8
  %saved_count = extractvalue %allocinstr.saved %saved, 0
  %saved_bytes = extractvalue %allocinstr.saved %saved, 1
  %more = icmp ugt i64 %count, %saved_count
  %not_less = icmp uge i64 %bytes, %saved_bytes
  %grown = and i1 %more, %not_less
  br i1 %grown, label %move, label %done
move:
  store atomic i64 %saved_count, ptr %count_at monotonic, align 8
  store atomic i64 %saved_bytes, ptr %bytes_at monotonic, align 8
  %gained_count = sub i64 %count, %saved_count
  %gained_bytes = sub i64 %bytes, %saved_bytes
  $LOG_GROWTH
  ret void
done:
  ret void
}

; An allocator that drops was called: what was counted beneath it is taken back, except for what was kept.
define void @allocinstr.drop(%allocinstr.saved %saved) #0 {
  %records = call ptr @allocinstr.records()
  %kept_count_now = load atomic i64, ptr %records monotonic, align 8
  %kept_bytes_at = getelementptr i8, ptr %records, i32 8
  %kept_bytes_now = load atomic i64, ptr %kept_bytes_at monotonic, align 8
  %saved_count = extractvalue %allocinstr.saved %saved, 0
  %saved_bytes = extractvalue %allocinstr.saved %saved, 1
  %kept_count = extractvalue %allocinstr.saved %saved, 2
  %kept_bytes = extractvalue %allocinstr.saved %saved, 3
  %more_count = sub i64 %kept_count_now, %kept_count
  %more_bytes = sub i64 %kept_bytes_now, %kept_bytes
  %goal_count = add i64 %saved_count, %more_count
  %goal_bytes = add i64 %saved_bytes, %more_bytes
  %count_at = getelementptr i8, ptr %records, i32 16
  %bytes_at = getelementptr i8, ptr %records, i32 24
  %count = load atomic i64, ptr %count_at monotonic, align 8
  %bytes = load atomic i64, ptr %bytes_at monotonic, align 8
  %new_count = call i64 @llvm.umin.i64(i64 %count, i64 %goal_count)
  %new_bytes = call i64 @llvm.umin.i64(i64 %bytes, i64 %goal_bytes)
  store atomic i64 %new_count, ptr %count_at monotonic, align 8
  store atomic i64 %new_bytes, ptr %bytes_at monotonic, align 8
  ret void
}

; Beneath an allocator that drops, something was called whose allocations count for themselves: what the pool has
; gained is kept.
define void @allocinstr.keep(%allocinstr.saved %saved) #0 {
  %records = call ptr @allocinstr.records()
  %count_at = getelementptr i8, ptr %records, i32 16
  %bytes_at = getelementptr i8, ptr %records, i32 24
  %count = load atomic i64, ptr %count_at monotonic, align 8
  %bytes = load atomic i64, ptr %bytes_at monotonic, align 8
  %saved_count = extractvalue %allocinstr.saved %saved, 0
  %saved_bytes = extractvalue %allocinstr.saved %saved, 1
  %kept_count = extractvalue %allocinstr.saved %saved, 2
  %kept_bytes = extractvalue %allocinstr.saved %saved, 3
  %gained_count = sub i64 %count, %saved_count
  %gained_bytes = sub i64 %bytes, %saved_bytes
  %new_count = add i64 %kept_count, %gained_count
  %new_bytes = add i64 %kept_bytes, %gained_bytes
  %kept_bytes_at = getelementptr i8, ptr %records, i32 8
  store atomic i64 %new_count, ptr %records monotonic, align 8
  store atomic i64 %new_bytes, ptr %kept_bytes_at monotonic, align 8
  ret void
}

define ptr @allocinstr.record(ptr %records, i32 %site) #1 {
  %at = add i32 %site, 2
  %record = getelementptr { i64, i64 }, ptr %records, i32 %at
  ret ptr %record
}

declare i64 @llvm.umin.i64(i64, i64)
declare nonnull ptr @llvm.threadlocal.address.p0(ptr nonnull)

; Calls of these are in the program, unless --inline is given.
attributes #0 = { $INLINE nounwind }
attributes #1 = { alwaysinline nounwind }
attributes #2 = { cold noinline nounwind }
attributes #3 = { nounwind }

!0 = !{!"branch_weights", i32 1, i32 1048575}
