#include <stdlib.h>

char *note(int length) {
  char *text = malloc((size_t)length);
  text[0] = 'n';
  return text;
}
