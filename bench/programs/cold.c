// Many sites, each of which is reached once a round: nothing stays in the caches, counters included.
#include "bench.h"

struct cell {
  struct cell *next;
  int value;
};

#define SITE(n)                                                                     \
  __attribute__((noinline)) static struct cell *site_##n(struct cell *next) {       \
    struct cell *cell = malloc(sizeof *cell + 0x##n % 128);                         \
    cell->next = next;                                                              \
    cell->value = 0x##n;                                                            \
    return cell;                                                                    \
  }
#define NAME(n) site_##n,

#define TIMES_16(x, n) \
  x(n##0) x(n##1) x(n##2) x(n##3) x(n##4) x(n##5) x(n##6) x(n##7) \
  x(n##8) x(n##9) x(n##a) x(n##b) x(n##c) x(n##d) x(n##e) x(n##f)
#define TIMES_256(x, n) \
  TIMES_16(x, n##0) TIMES_16(x, n##1) TIMES_16(x, n##2) TIMES_16(x, n##3) \
  TIMES_16(x, n##4) TIMES_16(x, n##5) TIMES_16(x, n##6) TIMES_16(x, n##7) \
  TIMES_16(x, n##8) TIMES_16(x, n##9) TIMES_16(x, n##a) TIMES_16(x, n##b) \
  TIMES_16(x, n##c) TIMES_16(x, n##d) TIMES_16(x, n##e) TIMES_16(x, n##f)
#define TIMES_4096(x, n) \
  TIMES_256(x, n##0) TIMES_256(x, n##1) TIMES_256(x, n##2) TIMES_256(x, n##3) \
  TIMES_256(x, n##4) TIMES_256(x, n##5) TIMES_256(x, n##6) TIMES_256(x, n##7) \
  TIMES_256(x, n##8) TIMES_256(x, n##9) TIMES_256(x, n##a) TIMES_256(x, n##b) \
  TIMES_256(x, n##c) TIMES_256(x, n##d) TIMES_256(x, n##e) TIMES_256(x, n##f)

TIMES_4096(SITE, 0)
#ifdef SITES_8192
TIMES_4096(SITE, 1)
#endif

static struct cell *(*const sites[])(struct cell *) = {
    TIMES_4096(NAME, 0)
#ifdef SITES_8192
    TIMES_4096(NAME, 1)
#endif
};
enum { SITES = sizeof sites / sizeof *sites };

// Returns how many allocations there were: one a site and round.
__attribute__((export_name("run"))) int run(int rounds, int unused) {
  (void)unused;
  int cells = 0;
  while (rounds-- > 0) {
    struct cell *list = NULL;
    // An odd step visits every site of a power of two, in no order that could be foreseen.
    for (uint32_t i = 0, at = 0; i < SITES; i++, at = (at + 2731) % SITES) list = sites[at](list);
    while (list) {
      struct cell *next = list->next;
      FREE(list);
      list = next;
      cells++;
    }
    free_all();
  }
  return cells;
}
