/* For WASI, where there is neither thread nor signal. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  for (int i = 0; i < 6; i++) free(malloc(20));
  puts("done");
  return 0;
}
