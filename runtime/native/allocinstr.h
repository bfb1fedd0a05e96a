/* What a program instrumented by `allocinstr in.bc -o out.bc` is linked with: allocinstr.c, compiled by the same
 * compiler. It needs no call: modules register themselves when they are loaded.
 *
 * Environment:
 *   ALLOCINSTR_OUT  where snapshots are written, as lines of JSON (docs/formats.md): `%p` becomes the process id. A
 *                   file that is already there, another process's or an earlier run's, is left alone: the process id is
 *                   appended to the name. Unset, nothing is written.
 *
 * A snapshot is written at exit, when a module is unloaded, on SIGUSR2 (unless the program handles that itself), and by
 * allocinstr_dump(). Each is preceded by the site table of its build, once a file.
 */
#ifndef ALLOCINSTR_H
#define ALLOCINSTR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a snapshot of every module to ALLOCINSTR_OUT. It may be called in a signal handler. Returns 0, or -1 when
 * nothing could be written, of which stderr says why. */
int allocinstr_dump(void);

/* The rest is called by instrumented modules only. */

/* One counter: of a site, of the unattributed pool, of what is kept beneath allocators. */
struct allocinstr_record {
  uint64_t count;
  uint64_t bytes;
};

/* Records of a thread in front of the sites'. */
enum { ALLOCINSTR_KEPT, ALLOCINSTR_POOL, ALLOCINSTR_SITES };

struct allocinstr_block;

/* A module. The instrumentation writes it as IR (crates/llvm/src/rewrite/native.ll). */
struct allocinstr_module {
  uint32_t version; /* 1 */
  uint32_t slots;   /* sites' records, overflow included */
  struct allocinstr_record *first; /* records of the first thread: ALLOCINSTR_SITES + slots */
  const char *table; /* site table, JSON in one line, without 0 at the end */
  size_t table_length;
  const char *build_id;
  const char *allocator_class;
  /* The runtime's own, 8 pointers. */
  struct allocinstr_module *next;
  struct allocinstr_block *blocks;
  uintptr_t number; /* from 1, by registration; 0 while it is not registered */
  uintptr_t in_file; /* its table is in the file of this process */
  void *reserved[4];
};

void allocinstr_register(struct allocinstr_module *module);
void allocinstr_unregister(struct allocinstr_module *module);

/* The records of this thread, which are kept in *slot, a variable of the thread, from now on. */
struct allocinstr_record *allocinstr_thread(struct allocinstr_module *module, struct allocinstr_record **slot);

#ifdef __cplusplus
}
#endif

#endif
