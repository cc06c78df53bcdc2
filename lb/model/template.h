#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Text with variables: "#{host}" in redirects, "#{client}" in header values.
namespace weir::model {

// The literal parts and the variables in turn. No part at all: none was written; the empty text is one part.
struct Template {
  enum class Variable : std::uint8_t {
    none,  // the last part has none behind it
    scheme,
    host,
    port,
    path,   // with the leading slash left out
    query,  // without the question mark
    client,
    request_id,
    zone,    // of the target; empty where there is none
    target,  // its id; empty where there is none
    listener,
    rule,
  };
  static constexpr std::size_t kVariables = 12;

  struct Part {
    std::string text;  // before the variable
    Variable variable = Variable::none;
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;
  bool operator==(const Template&) const = default;
};

// As it is written between the braces; "" for none.
std::string_view to_string(Template::Variable variable);

struct TemplateError {
  std::size_t at = 0;    // of the `#{` in the text
  std::string variable;  // its unknown name; empty: the brace is not closed
  std::string message;
  bool operator==(const TemplateError&) const = default;
};

// A `#` without a brace behind it is itself.
std::expected<Template, TemplateError> parse_template(std::string_view text,
                                                      std::span<const Template::Variable> allowed);

// As it was written.
std::string to_string(const Template& text);

}  // namespace weir::model
