/* A shared library, instrumented on its own. */
#include <stdlib.h>

void *work(void *unused) {
  for (int i = 0; i < 5; i++) free(malloc(100));
  return unused;
}
