/* Three modules of one source: which one it is, a macro says. */
#include <stdio.h>
#include <stdlib.h>

struct node {
  struct node *next;
  char *note;
};

char *note(int i);
struct node *node(struct node *next, char *note);

#ifdef ONLY_note
char *note(int i) {
  char *text = malloc(5);
  text[0] = (char)('a' + i);
  return text;
}
#endif

#ifdef ONLY_list
struct node *node(struct node *next, char *note) {
  struct node *made = malloc(sizeof *made);
  made->next = next;
  made->note = note;
  return made;
}
#endif

#ifdef ONLY_main
int main(void) {
  struct node *list = NULL;
  for (int i = 0; i < 10; i++) list = node(list, note(i));
  char *buffer = malloc(3);
  int sum = 0;
  while (list != NULL) {
    struct node *first = list;
    list = first->next;
    sum += first->note[0] - 'a';
    free(first->note);
    free(first);
  }
  snprintf(buffer, 3, "%d", sum + 15);
  puts(buffer);
  free(buffer);
  return 0;
}
#endif
