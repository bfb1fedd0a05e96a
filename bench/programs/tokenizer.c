// A tokenizer: reads characters most of the time, allocates a token now and then, at four sites.
#include "bench.h"

struct token {
  struct token *next;
  const char *text;
  int length;
  int kind;
};

enum { WORD, NUMBER, STRING, SIGN };

static char text[1 << 16];

// Text that looks like a program, from a linear congruential generator.
static void write_text(void) {
  static const char *const parts[] = {"while",      "identifier_with_a_long_name", "(",     ")",   "{\n  ", "}\n",
                                      "1234567890", "\"a string, of some length\"", "return", " += ", ";\n",  "x"};
  uint32_t state = 1;
  size_t at = 0;
  while (at + 64 < sizeof text) {
    state = state * 1664525 + 1013904223;
    for (const char *part = parts[(state >> 16) % 12]; *part; part++) text[at++] = *part;
    text[at++] = ' ';
  }
  text[at] = 0;
}

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static struct token *fill(struct token *token, const char *from, const char *to, int kind, struct token *next) {
  token->next = next;
  token->text = from;
  token->length = (int)(to - from);
  token->kind = kind;
  return token;
}

static struct token *tokenize(const char *at) {
  struct token *list = NULL;
  while (*at) {
    const char *from = at;
    if (is_letter(*at)) {
      while (is_letter(*at) || is_digit(*at)) at++;
      list = fill(malloc(sizeof *list), from, at, WORD, list);
    } else if (is_digit(*at)) {
      while (is_digit(*at)) at++;
      list = fill(malloc(sizeof *list + 1), from, at, NUMBER, list);
    } else if (*at == '"') {
      for (at++; *at && *at != '"'; at++) {
      }
      at += *at == '"';
      list = fill(malloc(sizeof *list + 2), from, at, STRING, list);
    } else if (*at == ' ' || *at == '\n') {
      at++;
    } else {
      at++;
      list = fill(malloc(sizeof *list + 3), from, at, SIGN, list);
    }
  }
  return list;
}

// Returns how many tokens there were.
__attribute__((export_name("run"))) int run(int times, int unused) {
  (void)unused;
  int tokens = 0;
  if (!text[0]) write_text();
  while (times-- > 0) {
    struct token *list = tokenize(text);
    while (list) {
      struct token *next = list->next;
      FREE(list);
      list = next;
      tokens++;
    }
    free_all();
  }
  return tokens;
}
