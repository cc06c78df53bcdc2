#pragma once

#include <string>
#include <vector>

#include "tests/e2e/weir.h"

// A real Prometheus, which scrapes one admin listener.
namespace weir::e2e {

class Prometheus {
 public:
  // The rules are those that weir comes with, evaluated each second. It answers when the constructor returns.
  explicit Prometheus(const std::string& admin_address);

  struct Sample {
    Json labels;
    double value = 0;
  };
  // What an expression gives now.
  std::vector<Sample> query(const std::string& expression) const;
  // The value where it gives one sample; else -1.
  double value(const std::string& expression) const;
  // The `data` of another endpoint.
  Json get(const std::string& path) const;
  std::string log() const { return process_.err(); }

 private:
  TemporaryDirectory directory_;
  std::string address_;
  Process process_;
};

}  // namespace weir::e2e
