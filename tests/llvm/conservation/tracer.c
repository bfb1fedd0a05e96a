/* Counts the allocations that the main program itself asks for: LD_PRELOAD this, and read TRACER_OUT at exit, `count bytes`.
 * A call counts when it returns into the main program and its result is not null. Shares nothing with allocinstr. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

static uintptr_t start, end;
static atomic_ullong count, bytes;

static int first_object(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  start = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, to = from + info->dlpi_phdr[i].p_memsz;
    if (from < start) start = from;
    if (to > end) end = to;
  }
  return 1; /* The main program comes first. */
}

__attribute__((constructor)) static void find_program(void) { dl_iterate_phdr(first_object, NULL); }

static void *counted(void *result, void *caller, size_t size) {
  uintptr_t at = (uintptr_t)caller;
  if (result != NULL && at >= start && at < end) {
    atomic_fetch_add(&count, 1);
    atomic_fetch_add(&bytes, size);
  }
  return result;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) { return counted(__libc_malloc(size), CALLER, size); }
void *calloc(size_t n, size_t size) { return counted(__libc_calloc(n, size), CALLER, n * size); }
void *realloc(void *old, size_t size) { return counted(__libc_realloc(old, size), CALLER, size); }
void *aligned_alloc(size_t to, size_t size) { return counted(__libc_memalign(to, size), CALLER, size); }

int posix_memalign(void **out, size_t to, size_t size) {
  if (to % sizeof(void *) != 0 || (to & (to - 1)) != 0) return EINVAL;
  void *result = counted(__libc_memalign(to, size), CALLER, size);
  if (result == NULL) return ENOMEM;
  *out = result;
  return 0;
}

/* operator new and new[]. */
void *_Znwm(size_t size) { return counted(__libc_malloc(size), CALLER, size); }
void *_Znam(size_t size) { return counted(__libc_malloc(size), CALLER, size); }

__attribute__((destructor)) static void report(void) {
  char text[64];
  int length = snprintf(text, sizeof text, "%llu %llu\n", atomic_load(&count), atomic_load(&bytes));
  int file = open(getenv("TRACER_OUT"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (write(file, text, (size_t)length) != length) abort();
}
