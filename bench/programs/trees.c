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

// Returns how many nodes there were: trees * (2^(depth + 1) - 1).
__attribute__((export_name("run"))) int run(int trees, int depth) {
  int nodes = 0;
  while (trees-- > 0) {
    struct node *tree = build(depth);
    nodes += count(tree);
    drop(tree);
    free_all();
  }
  return nodes;
}
