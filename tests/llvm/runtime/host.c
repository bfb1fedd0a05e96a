/* What the runtime is asked in runtime.test.mjs, one command a line of `main`. */
#define _GNU_SOURCE
#include "allocinstr.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void allocate(int times) {
  for (int i = 0; i < times; i++) free(malloc(10));
}

static volatile sig_atomic_t handled;
static void own_handler(int signal) { handled = signal; }

static int allocates_last;
__attribute__((destructor(101))) static void last(void) {
  if (allocates_last) allocate(1);
}

static void *exits(void *unused) {
  allocate(2);
  exit(unused != NULL);
}

static void *short_life(void *unused) {
  allocate(1);
  return unused;
}

static atomic_int working = 1;
static void *send_signals(void *target) {
  while (atomic_load(&working)) pthread_kill(*(pthread_t *)target, SIGUSR2);
  return NULL;
}

static void with_library(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  if (library == NULL) exit(9);
  void *(*work)(void *);
  *(void **)&work = dlsym(library, "work");
  pthread_t thread;
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, NULL);
  work(NULL);
  dlclose(library);
}

int main(int argc, char **argv) {
  const char *what = argv[1];
  if (strcmp(what, "signal") == 0) {
    allocate(3);
    raise(SIGUSR2);
    allocate(2);
  } else if (strcmp(what, "handled") == 0) {
    signal(SIGUSR2, own_handler);
    raise(SIGUSR2);
    allocate(1);
    return handled == SIGUSR2 ? 0 : 1;
  } else if (strcmp(what, "dump") == 0) {
    allocate(4);
    int status = allocinstr_dump();
    allocate(1);
    return status == 0 ? 0 : 1;
  } else if (strcmp(what, "fork") == 0) {
    allocate(3);
    pid_t child = fork();
    if (child == 0) {
      allocate(2);
      exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    allocate(1);
    printf("%d\n", (int)child);
    return status;
  } else if (strcmp(what, "library") == 0) {
    allocate(1);
    for (int i = 2; i < argc; i++) with_library(argv[i]);
  } else if (strcmp(what, "storm") == 0) {
    pthread_t self = pthread_self(), sender;
    pthread_create(&sender, NULL, send_signals, &self);
    for (int i = 0; i < 500; i++) {
      pthread_t thread;
      pthread_create(&thread, NULL, short_life, NULL);
      allocate(1);
      pthread_join(thread, NULL);
    }
    atomic_store(&working, 0);
    pthread_join(sender, NULL);
  } else if (strcmp(what, "last") == 0) {
    allocates_last = 1;
    allocate(1);
    pthread_t thread;
    pthread_create(&thread, NULL, exits, NULL);
    pthread_join(thread, NULL);
  } else if (strcmp(what, "closes") == 0) {
    /* A daemon closes all files that it does not know. */
    allocate(1);
    allocinstr_dump();
    for (int file = 3; file < 100; file++) close(file);
    allocate(1);
  }
  return 0;
}
