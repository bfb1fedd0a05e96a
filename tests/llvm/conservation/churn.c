/* Allocates in every way that C has, in as many threads as it is told; prints a sum that does not depend on threads' order. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000, KEPT = 64 };
static pthread_key_t key;

static uint32_t next(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

__attribute__((noinline)) static char *lib_copy(const char *text, size_t times) {
  char *copy = calloc(times, strlen(text) + 1);
  for (size_t i = 0; i < times; i++) strcat(copy, text);
  return copy;
}

static void *take(size_t size) { return malloc(size); }
static void *(*volatile pointer)(size_t) = malloc;
static void *(*volatile wrapped)(size_t) = take;

struct list {
  struct list *next;
  uint32_t value;
};

static uint64_t round_of(uint32_t *state, char *kept[KEPT]) {
  uint32_t n = next(state), slot = n % KEPT;
  size_t size = 1 + (n >> 8) % 500;
  switch (n % 7) {
  case 0: free(kept[slot]); kept[slot] = malloc(size); memset(kept[slot], (int)size, 1); break;
  case 1: kept[slot] = realloc(kept[slot], size); kept[slot][0] = (char)size; break;
  case 2: free(kept[slot]); kept[slot] = lib_copy("ab", 1 + size % 9); break;
  case 3: free(kept[slot]); kept[slot] = pointer(size); kept[slot][0] = 1; break;
  case 4: free(kept[slot]); kept[slot] = wrapped(size); kept[slot][0] = 2; break;
  case 5: {
    void *aligned = NULL;
    if (posix_memalign(&aligned, (n & 8) ? 64 : 3, size) == 0) free(aligned);
    free(malloc(SIZE_MAX / 2 + size)); /* fails */
    free(malloc(size));                /* an optimiser may see that nobody wants it */
    break;
  }
  default: {
    struct list *head = NULL;
    for (uint32_t i = 0; i < n % 5; i++) {
      struct list *node = malloc(sizeof *node);
      node->next = head;
      node->value = i;
      head = node;
    }
    uint64_t sum = 0;
    while (head != NULL) {
      struct list *node = head;
      head = node->next;
      sum += node->value;
      free(node);
    }
    return sum;
  }
  }
  return kept[slot] == NULL ? 0 : (unsigned char)kept[slot][0];
}

/* Threads allocate until their very end, while others begin. */
static void at_end(void *value) {
  for (int i = 0; i < ROUNDS; i++) free(malloc(13));
  free(value);
}

static void *run(void *seed) {
  uint32_t state = (uint32_t)(uintptr_t)seed;
  char *kept[KEPT] = {0};
  uint64_t *sum = malloc(sizeof *sum);
  *sum = 0;
  /* Some are at their end early. */
  int rounds = state % 2 ? ROUNDS / 20 : ROUNDS;
  for (int i = 0; i < rounds; i++) *sum += round_of(&state, kept);
  for (int i = 0; i < KEPT; i++) free(kept[i]);
  pthread_setspecific(key, malloc(7));
  return sum;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  pthread_key_create(&key, at_end);
  uint64_t total = 0;
  /* Twice, so that threads come after others have gone. */
  for (int again = 0; again < 2; again++) {
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    for (int i = 0; i < threads; i++) pthread_create(&ids[i], NULL, run, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < threads; i++) {
      void *sum;
      pthread_join(ids[i], &sum);
      total += *(uint64_t *)sum;
      free(sum);
    }
    free(ids);
  }
  printf("%llu\n", (unsigned long long)total);
  return 0;
}
