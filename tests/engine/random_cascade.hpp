// Random cascades over Q, K and V for tests: products, sums, maxima, exponentials, element-wise
// functions, partitions, scans along the keys, masks and windows; every value bounded, so that fp32
// stays near double precision.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weft::sim::engine::test {

struct RandomExtents {
  std::int64_t e = 1, f = 1, m = 1, p = 1, w = 1;
};

class RandomCascade {
 public:
  RandomCascade(std::mt19937_64& random, const RandomExtents& extents, bool causal);

  const std::string& yaml() const { return yaml_; }
  bool partitioned() const { return partitioned_; }
  bool windowed() const { return windowed_; }
  bool masked() const { return masked_; }

 private:
  // What can be read: how each variable of it is written, in the order of its dimensions, and
  // between what it lies.
  struct Tensor {
    std::string name;
    std::vector<std::string> variables;
    double low = -1;
    double high = 1;
    std::string scan;  // the variable along which it has generations
  };
  struct Line {
    std::string name;
    std::string text;
    std::vector<std::string> reads;
  };
  using Variables = std::vector<std::string>;

  std::int64_t pick(std::int64_t least, std::int64_t most);
  bool chance(int percent) { return pick(1, 100) <= percent; }
  const Tensor& any() {
    return tensors_[static_cast<std::size_t>(
        pick(0, static_cast<std::int64_t>(tensors_.size()) - 1))];
  }
  std::int64_t extent(const std::string& variable) const;
  std::string read(const Tensor& tensor, Line& line, std::string generation = "") const;
  static Variables together(const Variables& a, const Variables& b);
  static std::string list(const Variables& variables);
  void define(Line line, const Variables& variables, double low, double high,
              const std::string& right);

  void product(const Tensor& a, const Tensor& b, Variables keep, std::string name = "");
  void random_product();
  void reduction();
  void unary();
  void binary();
  void scan();
  void coupled_scan();
  void window();
  void finish();

  std::mt19937_64& random_;
  RandomExtents extents_;
  bool partitioned_;
  bool masked_ = false;
  bool windowed_ = false;
  Variables keys_;
  std::vector<Tensor> tensors_;
  std::vector<Line> lines_;
  std::vector<std::pair<std::string, std::string>> initial_;
  std::string yaml_;
  int made_ = 0;
};

}  // namespace weft::sim::engine::test
