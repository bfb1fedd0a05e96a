/* Counts the allocations that a program itself asks for: linked into it with the flags of `wrapped` in conservation.test.mjs, by
 * which the linker sends the program's references to an allocator here, and not those of its shared libraries. (Return
 * addresses do not tell: libstdc++ ends some functions with a jump to operator new.) At exit `count bytes` is written to
 * TRACER_OUT. Shares nothing with allocinstr. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_ullong count, bytes;

static void *counted(void *result, size_t size) {
  if (result != NULL) {
    atomic_fetch_add(&count, 1);
    atomic_fetch_add(&bytes, size);
  }
  return result;
}

void *__real_malloc(size_t), *__real_calloc(size_t, size_t), *__real_realloc(void *, size_t),
    *__real_aligned_alloc(size_t, size_t), *__real__Znwm(size_t), *__real__Znam(size_t);
int __real_posix_memalign(void **, size_t, size_t);

void *__wrap_malloc(size_t size) { return counted(__real_malloc(size), size); }
void *__wrap_calloc(size_t n, size_t size) { return counted(__real_calloc(n, size), n * size); }
void *__wrap_realloc(void *old, size_t size) { return counted(__real_realloc(old, size), size); }
void *__wrap_aligned_alloc(size_t to, size_t size) { return counted(__real_aligned_alloc(to, size), size); }
int __wrap_posix_memalign(void **out, size_t to, size_t size) {
  int status = __real_posix_memalign(out, to, size);
  if (status == 0) counted(*out, size);
  return status;
}

/* operator new and new[]; a C program refers to neither. */
__attribute__((weak)) void *__real__Znwm(size_t);
__attribute__((weak)) void *__real__Znam(size_t);
void *__wrap__Znwm(size_t size) { return counted(__real__Znwm(size), size); }
void *__wrap__Znam(size_t size) { return counted(__real__Znam(size), size); }

__attribute__((destructor)) static void report(void) {
  char text[64];
  int length = snprintf(text, sizeof text, "%llu %llu\n", atomic_load(&count), atomic_load(&bytes));
  int file = open(getenv("TRACER_OUT"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (write(file, text, (size_t)length) != length) abort();
}
