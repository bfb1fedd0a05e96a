// Binary trees: allocates as fast as it can, at one site.
#include "bench.h"

struct node {
  struct node *left, *right;
};

static struct node *build(int depth) {
  struct node *node = malloc(sizeof *node);
  node->left = depth > 0 ? build(depth - 1) : NULL;
  node->right = depth > 0 ? build(depth - 1) : NULL;
  return node;
}

static int count(const struct node *node) {
  return 1 + (node->left ? count(node->left) + count(node->right) : 0);
}

static void drop(struct node *node) {
#ifndef BUMP
  if (node->left) {
    drop(node->left);
    drop(node->right);
  }
#endif
  FREE(node);
}

// The program of the Benchmarks Game: trees of every second depth from 4 to `depth`, the fewer the deeper, one
// that is deeper still, and one that lives all along. Returns how many nodes there were.
__attribute__((export_name("run"))) int run(int depth, int unused) {
  (void)unused;
  struct node *stretch = build(depth + 1);
  int nodes = count(stretch);
  drop(stretch);
  free_all();
  struct node *long_lived = build(depth);
  keep_all();
  for (int d = 4; d <= depth; d += 2) {
    for (int trees = 1 << (depth - d + 4); trees > 0; trees--) {
      struct node *tree = build(d);
      nodes += count(tree);
      drop(tree);
      free_all();
    }
  }
  nodes += count(long_lived);
  drop(long_lived);
  forget_all();
  return nodes;
}
