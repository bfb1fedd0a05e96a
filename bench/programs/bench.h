// What the programs share: an allocator, and what makes a site countable.
#include <stddef.h>
#include <stdint.h>

#ifdef BUMP
// The cheapest allocator there is, so that counting weighs the most: nothing is freed but everything.
extern char __heap_base;
static char *heap_next = &__heap_base;
static char *heap_kept = &__heap_base;

__attribute__((noinline)) void *malloc(size_t size) {
  char *block = heap_next;
  heap_next = block + ((size + 15) & ~(size_t)15);
  return heap_next <= (char *)(__builtin_wasm_memory_size(0) << 16) ? block : NULL;
}

// What was kept stays when all is freed, until it is forgotten.
static void free_all(void) { heap_next = heap_kept; }
static inline void keep_all(void) { heap_kept = heap_next; }
static inline void forget_all(void) { heap_next = heap_kept = &__heap_base; }
#define FREE(block) ((void)(block))
#else
#include <stdlib.h>

static inline void free_all(void) {}
static inline void keep_all(void) {}
static inline void forget_all(void) {}
#define FREE(block) free(block)
#endif

#ifdef LOGGER
// A function of the host for `--log-fn`. Calling it keeps it in the module.
__attribute__((import_module("env"), import_name("log"))) void log_allocation(uint32_t site, size_t size);

__attribute__((export_name("keep"))) void keep(void) { log_allocation(0, 0); }
#endif
