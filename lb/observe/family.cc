#include "lb/observe/family.h"

#include <cmath>
#include <iterator>

namespace weir::observe {
namespace {

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
}

// `name="value",...`; nothing where there is no label.
void append_labels(std::string& text, Labels labels) {
  const char* comma = "";
  for (const auto& [name, value] : labels) {
    text += comma;
    text += name;
    text += "=\"";
    append_escaped(text, value);
    text += '"';
    comma = ",";
  }
}

void append(std::string& text, double number) {
  if (std::isfinite(number)) {
    fmt::format_to(std::back_inserter(text), "{}", number);
  } else {
    text += std::isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf";
  }
}

}  // namespace

BucketLabels bucket_labels(const LatencyBounds& bounds) {
  BucketLabels labels;
  labels.reserve(bounds.size() + 1);
  for (const std::uint64_t bound : bounds) {
    labels.push_back(fmt::format("le=\"{}\"}} ", static_cast<double>(bound) / 1e9));
  }
  labels.emplace_back("le=\"+Inf\"} ");
  return labels;
}

Family::Family(const char* type, const char* name, const char* help)
    : type_(type), name_(name), help_(help) {}

void Family::begin() {
  if (std::exchange(begun_, true)) return;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name_, help_, name_, type_);
}

void Family::begin(Labels labels) {
  begin();
  text_ += name_;
  if (labels.size() != 0) {
    text_ += '{';
    append_labels(text_, labels);
    text_ += '}';
  }
  text_ += ' ';
}

void Family::end(std::string_view number) {
  text_ += number;
  text_ += '\n';
}

void Family::add(Labels labels, double number) {
  begin(labels);
  append(text_, number);
  text_ += '\n';
}

void Family::add(Labels labels, const HistogramTotal& total) {
  begin();
  std::string inside;
  append_labels(inside, labels);
  const std::string bucket = fmt::format("{}_bucket{{{}{}", name_, inside, inside.empty() ? "" : ",");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < buckets_->size(); ++i) {
    if (i < total.buckets.size()) count += total.buckets[i];
    text_ += bucket;
    text_ += (*buckets_)[i];
    const fmt::format_int digits(count);
    end({digits.data(), digits.size()});
  }
  const std::string braces = inside.empty() ? "" : "{" + inside + "}";
  fmt::format_to(std::back_inserter(text_), "{}_sum{} {}\n{}_count{} {}\n", name_, braces,
                 static_cast<double>(total.sum) / 1e9, name_, braces, count);
}

}  // namespace weir::observe
