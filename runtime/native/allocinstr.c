/* The counters of instrumented programs; see allocinstr.h.
 *
 * Every thread counts in a block of its own, which only it writes: exact, and as fast as one thread. Blocks are never taken
 * apart: what a thread leaves behind is continued by the next, so that the sum over all blocks of a module is what it has
 * allocated. Records are read by others while they are written, each half with one relaxed load.
 *
 * One lock guards the lists. A signal handler never waits for it: when somebody holds it, the snapshot that was asked
 * for is written by whoever gives it back. Nothing here calls malloc, which is what is counted and may be the program's.
 */
#define _GNU_SOURCE
#include "allocinstr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* WASI has one thread, no signals, no fork and no pages of one's own. */
#ifndef __wasi__
#define HAS_PROCESSES 1
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#endif

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

struct allocinstr_block {
  struct allocinstr_block *next;      /* of the module */
  struct allocinstr_block *of_thread; /* of the thread that counts in it */
  struct allocinstr_record **slot;    /* that thread's variable; NULL when the module is gone */
  struct allocinstr_module *module;
  struct allocinstr_record *records;
  size_t size; /* of the block, with records that are its own */
  bool taken;
};

/* --- The lock -------------------------------------------------------------------------------------------------- */

static atomic_flag locked = ATOMIC_FLAG_INIT;
/* A snapshot is wanted by a signal that found the lock taken. */
static atomic_bool wanted;

static int write_snapshots(const char *label);

static bool try_lock(void) { return !atomic_flag_test_and_set(&locked); }

static void lock(void) {
  while (!try_lock()) {
#ifdef HAS_PROCESSES
    sched_yield();
#endif
  }
}

static void unlock(void) {
  for (;;) {
    while (atomic_exchange(&wanted, false)) write_snapshots("SIGUSR2");
    /* In order with the look that follows: release would let that be taken before. */
    atomic_flag_clear(&locked);
    /* One that came after the look and before the release is ours, unless somebody else has the lock by now. */
    if (!atomic_load(&wanted) || !try_lock()) return;
  }
}

/* --- Text, without stdio ---------------------------------------------------------------------------------------- */

struct output {
  int file;
  int error; /* errno of the first failure */
  size_t used;
  char buffer[16384];
};

static void flush(struct output *out) {
  size_t done = 0;
  while (out->error == 0 && done < out->used) {
    ssize_t written = write(out->file, out->buffer + done, out->used - done);
    if (written > 0) done += (size_t)written;
    else if (written == 0) out->error = ENOSPC;
    else if (errno != EINTR) out->error = errno;
  }
  out->used = 0;
}

static void put(struct output *out, const char *text, size_t length) {
  while (length > 0) {
    if (out->used == sizeof out->buffer) flush(out);
    size_t part = sizeof out->buffer - out->used;
    if (part > length) part = length;
    memcpy(out->buffer + out->used, text, part);
    out->used += part;
    text += part;
    length -= part;
  }
}

static void say(struct output *out, const char *text) { put(out, text, strlen(text)); }

/* Digits of a number at the end of `buffer`; returns where they start. */
static char *digits(char *end, uint64_t number) {
  do *--end = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  return end;
}

static void number(struct output *out, uint64_t value) {
  char buffer[20], *end = buffer + sizeof buffer, *start = digits(end, value);
  put(out, start, (size_t)(end - start));
}

static struct output messages, snapshots;

/* Tells people, by name of the file and of the failure. It says it once: a disk stays full. */
static void complain(const char *path, const char *problem, int error) {
  static bool said;
  if (said) return;
  said = true;
  messages.file = 2;
  messages.error = 0;
  say(&messages, "allocinstr: ");
  say(&messages, path);
  say(&messages, ": ");
  say(&messages, problem);
  if (error != 0) {
    say(&messages, " (");
    /* strerror() may allocate, and is not to be called in a handler. */
    say(&messages, error == ENOSPC ? "no space left on device"
                   : error == ENOENT ? "no such directory"
                   : error == EACCES ? "permission denied"
                   : error == EISDIR ? "it is a directory"
                                     : "error ");
    if (error != ENOSPC && error != ENOENT && error != EACCES && error != EISDIR) number(&messages, (uint64_t)error);
    say(&messages, ")");
  }
  say(&messages, "\n");
  flush(&messages);
}

/* --- The file ---------------------------------------------------------------------------------------------------- */

/* ALLOCINSTR_OUT as it was when the first module was loaded; empty when it is not set. */
static char pattern[PATH_MAX];
static char path[PATH_MAX];
/* The file that this process has made. It is opened anew each time: programs close files that they do not know. */
static bool is_made;
static dev_t device;
static ino_t inode;

static struct allocinstr_module *modules;
static uintptr_t last_number;

static uint64_t process(void) {
#ifdef HAS_PROCESSES
  return (uint64_t)getpid();
#else
  return 0;
#endif
}

/* Appends to `path`, as long as it fits; returns whether it did. */
static bool append(size_t *used, const char *text, size_t length) {
  if (length >= sizeof path - *used) return false;
  memcpy(path + *used, text, length);
  *used += length;
  path[*used] = 0;
  return true;
}

/* Makes `path` of the pattern. From the second attempt on, the process and the attempt are appended. */
static bool make_path(unsigned attempt) {
  char buffer[20], *end = buffer + sizeof buffer, *pid = digits(end, process());
  size_t pid_length = (size_t)(end - pid), used = 0;
  bool fits = true;
  for (const char *from = pattern; *from != 0 && fits; from++) {
    if (from[0] == '%' && from[1] == 'p') {
      fits = append(&used, pid, pid_length);
      from++;
    } else {
      fits = append(&used, from, 1);
    }
  }
  if (attempt > 0) fits = fits && append(&used, ".", 1) && append(&used, pid, pid_length);
  if (attempt > 1) {
    char again[20], *again_end = again + sizeof again, *start = digits(again_end, attempt);
    fits = fits && append(&used, ".", 1) && append(&used, start, (size_t)(again_end - start));
  }
  return fits;
}

static int make_file(void) {
  enum { ATTEMPTS = 1000 };
  for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!make_path(attempt)) {
      errno = ENAMETOOLONG;
      return -1;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    struct stat made;
    if (file >= 0 && fstat(file, &made) == 0) {
      device = made.st_dev;
      inode = made.st_ino;
      is_made = true;
      for (struct allocinstr_module *module = modules; module != NULL; module = module->next) module->in_file = false;
      return file;
    }
    if (file >= 0 || errno != EEXIST) return file;
    /* A pipe or a terminal has no content that could be lost. */
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)) {
      return open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    }
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode)) {
      errno = EISDIR;
      return -1;
    }
  }
  return -1;
}

/* The file of this process, made or opened again; one that was moved away since is left where it is. */
static int open_file(void) {
  if (is_made) {
    int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    struct stat found;
    if (file >= 0 && fstat(file, &found) == 0 && found.st_dev == device && found.st_ino == inode) return file;
    if (file >= 0) close(file);
    is_made = false;
  }
  return make_file();
}

/* --- Snapshots --------------------------------------------------------------------------------------------------- */

static uint64_t now_ms(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_REALTIME, &time) != 0) return 0;
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* What all threads have counted in a record. */
static struct allocinstr_record total(const struct allocinstr_module *module, size_t record) {
  struct allocinstr_record sum = {0, 0};
  for (const struct allocinstr_block *block = module->blocks; block != NULL; block = block->next) {
    sum.count += __atomic_load_n(&block->records[record].count, __ATOMIC_RELAXED);
    sum.bytes += __atomic_load_n(&block->records[record].bytes, __ATOMIC_RELAXED);
  }
  return sum;
}

static void field(struct output *out, const char *name, uint64_t value) {
  say(out, name);
  number(out, value);
}

/* One line, docs/formats.md section 3. The totals come last, for they are those of the rows that were written: other threads
 * go on counting meanwhile. */
static void write_module(struct output *out, struct allocinstr_module *module, const char *label) {
  if (!module->in_file) {
    put(out, module->table, module->table_length);
    say(out, "\n");
    module->in_file = true;
  }
  say(out, "{\"format\":\"allocinstr-snapshot\",\"version\":1,\"build_id\":\"");
  say(out, module->build_id);
  field(out, "\",\"instance\":\"", process());
  field(out, ".", module->number);
  field(out, "\",\"generation\":0,\"time_ms\":", now_ms());
  say(out, ",\"label\":\"");
  say(out, label);
  say(out, "\",\"allocator_class\":\"");
  say(out, module->allocator_class);
  say(out, "\",\"rows\":[");
  struct allocinstr_record pool = total(module, ALLOCINSTR_POOL), all = pool;
  bool first = true;
  for (uint32_t slot = 0; slot < module->slots; slot++) {
    struct allocinstr_record record = total(module, ALLOCINSTR_SITES + (size_t)slot);
    if (record.count == 0) continue;
    all.count += record.count;
    all.bytes += record.bytes;
    field(out, first ? "[" : ",[", slot);
    field(out, ",", record.count);
    field(out, ",", record.bytes);
    say(out, ",null,null]");
    first = false;
  }
  field(out, "],\"totals\":{\"alloc_count\":", all.count);
  field(out, ",\"alloc_bytes\":", all.bytes);
  say(out, ",\"live_count\":null,\"live_bytes\":null");
  field(out, ",\"unattributed_count\":", pool.count);
  field(out, ",\"unattributed_bytes\":", pool.bytes);
  say(out, "},\"memory_bytes\":null,\"gauges\":{}}\n");
}

/* Writes `only`, or every module; the caller holds the lock. */
static int write_some(struct allocinstr_module *only, const char *label) {
  if (pattern[0] == 0) return -1;
  int file = open_file();
  if (file < 0) {
    complain(path, "no snapshot can be written there", errno);
    return -1;
  }
  snapshots.file = file;
  snapshots.error = 0;
  snapshots.used = 0;
  for (struct allocinstr_module *module = modules; module != NULL; module = module->next) {
    if (only == NULL || only == module) write_module(&snapshots, module, label);
  }
  flush(&snapshots);
  /* A file system may find out only now that it is full. */
  if (close(file) != 0 && errno != EINTR && snapshots.error == 0) snapshots.error = errno;
  if (snapshots.error == 0) return 0;
  complain(path, "the snapshot is not complete", snapshots.error);
  return -1;
}

static int write_snapshots(const char *label) { return write_some(NULL, label); }

#ifdef HAS_PROCESSES
/* Signals of the thread that holds the lock wait: a handler that asks for a snapshot would find it taken, and what a handler
 * of the program does may need it. */
static void lock_without_signals(sigset_t *old) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, old);
  lock();
}

static void unlock_with_signals(const sigset_t *old) {
  unlock();
  pthread_sigmask(SIG_SETMASK, old, NULL);
}
#else
typedef int sigset_t;
static void lock_without_signals(sigset_t *old) {
  *old = 0;
  lock();
}
static void unlock_with_signals(const sigset_t *old) {
  (void)old;
  unlock();
}
#endif

int allocinstr_dump(void) {
  int error = errno;
  sigset_t old;
  lock_without_signals(&old);
  int result = write_snapshots("allocinstr_dump");
  unlock_with_signals(&old);
  errno = error;
  return result;
}

/* --- Threads, processes, signals --------------------------------------------------------------------------------- */

#ifdef HAS_PROCESSES
static pthread_key_t key;

/* Gives back a block of a module that is gone. */
static void release(struct allocinstr_block *block) { munmap(block, block->size); }

/* A thread ends: its blocks are for others. It may count again, in what else is done at its end; then it takes a block
 * again, and this is called again. */
static void leave(void *list) {
  sigset_t old;
  lock_without_signals(&old);
  struct allocinstr_block *block = list;
  while (block != NULL) {
    struct allocinstr_block *next = block->of_thread;
    if (block->slot != NULL) {
      __atomic_store_n(block->slot, NULL, __ATOMIC_RELAXED);
      block->of_thread = NULL;
      block->taken = false;
    } else {
      release(block);
    }
    block = next;
  }
  unlock_with_signals(&old);
}

static void on_signal(int signal) {
  (void)signal;
  int error = errno;
  /* First the wish, then the look: whoever holds the lock sees it before or after giving the lock back. */
  atomic_store(&wanted, true);
  if (try_lock()) unlock();
  errno = error;
}

static void before_fork(void) { lock(); }
static void after_fork(void) { unlock(); }

/* A child counts what it allocates itself: its parent tells of the rest. Only the thread that forked is in it. */
static void in_child(void) {
  is_made = false;
  atomic_store(&wanted, false);
  struct allocinstr_block *mine = pthread_getspecific(key);
  for (struct allocinstr_module *module = modules; module != NULL; module = module->next) {
    for (struct allocinstr_block *block = module->blocks; block != NULL; block = block->next) {
      memset(block->records, 0, sizeof *block->records * (ALLOCINSTR_SITES + (size_t)module->slots));
      block->taken = false;
    }
  }
  for (struct allocinstr_block *block = mine; block != NULL; block = block->of_thread) block->taken = true;
  atomic_flag_clear(&locked);
}
#endif

/* Done once, with the lock. */
static void start(void) {
  static bool started;
  if (started) return;
  started = true;
  const char *value = getenv("ALLOCINSTR_OUT");
  if (value != NULL && strlen(value) < sizeof pattern) memcpy(pattern, value, strlen(value) + 1);
  else if (value != NULL) complain("ALLOCINSTR_OUT", "the path is too long", 0);
#ifdef HAS_PROCESSES
  pthread_key_create(&key, leave);
  pthread_atfork(before_fork, after_fork, in_child);
  struct sigaction current;
  if (value != NULL && sigaction(SIGUSR2, NULL, &current) == 0 && !(current.sa_flags & SA_SIGINFO) &&
      current.sa_handler == SIG_DFL) {
    struct sigaction ours;
    memset(&ours, 0, sizeof ours);
    ours.sa_handler = on_signal;
    ours.sa_flags = SA_RESTART;
    sigfillset(&ours.sa_mask);
    sigaction(SIGUSR2, &ours, NULL);
  }
#endif
}

/* Zeroed memory; NULL when there is none. */
static void *memory(size_t bytes) {
#ifdef HAS_PROCESSES
  void *found = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return found == MAP_FAILED ? NULL : found;
#else
  return calloc(1, bytes);
#endif
}

/* A block of `module` that no thread counts in; the caller holds the lock. */
static struct allocinstr_block *free_block(struct allocinstr_module *module) {
  for (struct allocinstr_block *block = module->blocks; block != NULL; block = block->next) {
    if (!block->taken) return block;
  }
  size_t records = sizeof(struct allocinstr_record) * (ALLOCINSTR_SITES + (size_t)module->slots);
  size_t own = module->blocks == NULL ? 0 : records;
  struct allocinstr_block *block = memory(sizeof *block + own);
  if (block == NULL) return NULL;
  block->module = module;
  block->size = sizeof *block + own;
  block->records = own == 0 ? module->first : (struct allocinstr_record *)(block + 1);
  block->next = module->blocks;
  module->blocks = block;
  return block;
}

static void register_locked(struct allocinstr_module *module) {
  start();
  if (module->number != 0) return;
  module->number = ++last_number;
  /* At the end: modules are listed as they came. */
  struct allocinstr_module **last = &modules;
  while (*last != NULL) last = &(*last)->next;
  module->next = NULL;
  *last = module;
}

void allocinstr_register(struct allocinstr_module *module) {
  sigset_t old;
  lock_without_signals(&old);
  register_locked(module);
  unlock_with_signals(&old);
}

struct allocinstr_record *allocinstr_thread(struct allocinstr_module *module, struct allocinstr_record **slot) {
  int error = errno;
  sigset_t old;
  lock_without_signals(&old);
  /* Another module's constructors may allocate in this one before its own have run. */
  register_locked(module);
  struct allocinstr_block *block = free_block(module);
  struct allocinstr_record *records;
  if (block == NULL) {
    /* No memory for so much as counters: the first thread's are used, in which counts may get lost. */
    complain("allocinstr", "no memory for the counters of another thread", ENOMEM);
    records = module->first;
  } else {
    block->taken = true;
    block->slot = slot;
#ifdef HAS_PROCESSES
    block->of_thread = pthread_getspecific(key);
    pthread_setspecific(key, block);
#endif
    records = block->records;
  }
  __atomic_store_n(slot, records, __ATOMIC_RELAXED);
  unlock_with_signals(&old);
  errno = error;
  return records;
}

/* A module goes, and its threads' variables with it. Blocks that no other thread has in its list are given back; should this
 * thread go on counting, in what comes later at the end of the program, it finds the module's own. */
static void forget_blocks(struct allocinstr_module *module) {
#ifdef HAS_PROCESSES
  struct allocinstr_block *mine = pthread_getspecific(key), **at = &mine;
  while (*at != NULL) {
    struct allocinstr_block *block = *at;
    if (block->module == module) {
      *at = block->of_thread;
      *block->slot = NULL;
      block->taken = false;
    } else {
      at = &block->of_thread;
    }
  }
  pthread_setspecific(key, mine);
  struct allocinstr_block *block = module->blocks;
  while (block != NULL) {
    struct allocinstr_block *next = block->next;
    block->slot = NULL;
    if (!block->taken) release(block);
    block = next;
  }
#endif
  module->blocks = NULL;
}

void allocinstr_unregister(struct allocinstr_module *module) {
  sigset_t old;
  lock_without_signals(&old);
  if (module->number != 0) {
    write_some(module, "exit");
    for (struct allocinstr_module **at = &modules; *at != NULL; at = &(*at)->next) {
      if (*at == module) {
        *at = module->next;
        break;
      }
    }
    forget_blocks(module);
  }
  unlock_with_signals(&old);
}
