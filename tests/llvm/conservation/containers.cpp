// Containers, virtual calls and exceptions.
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace app {
struct Shape {
  virtual ~Shape() = default;
  virtual std::string name(int n) const = 0;
};
struct Circle : Shape {
  std::string name(int n) const override { return std::string(20 + n % 30, 'c'); }
};
struct Square : Shape {
  std::vector<int> sides = std::vector<int>(4, 1);
  std::string name(int n) const override {
    if (n % 17 == 0) throw std::runtime_error("no name, in a text too long to be short");
    return std::to_string(n) + " is the name of this square, which is long";
  }
};

std::size_t run(int rounds) {
  std::map<int, std::unique_ptr<Shape>> shapes;
  std::unordered_map<std::string, std::vector<int>> index;
  std::size_t sum = 0;
  for (int n = 0; n < rounds; n++) {
    std::unique_ptr<Shape> shape;
    if (n % 3 == 0) shape = std::make_unique<Circle>();
    else shape = std::make_unique<Square>();
    try {
      index[shape->name(n)].push_back(n);
      sum += index.size();
    } catch (const std::exception &e) {
      sum += std::string(e.what()).size();
    }
    shapes[n * 7919 % 1000] = std::move(shape);
  }
  int *raw = new int[rounds];
  raw[0] = 1;
  sum += raw[0];
  delete[] raw;
  return sum + shapes.size();
}
} // namespace app

int main() {
  std::printf("%zu\n", app::run(5000));
  return 0;
}
