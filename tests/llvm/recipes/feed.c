/* Four notes of 1, 101, 201 and 301 bytes, and 1000 of its own. */
#include <stdio.h>
#include <stdlib.h>

char *note(int length);

int main(void) {
  char *kept[4];
  for (int i = 0; i < 4; i++) kept[i] = note(100 * i + 1);
  char *feed = malloc(1000);
  snprintf(feed, 1000, "f%c", kept[3][0]);
  puts(feed);
  return 0;
}
