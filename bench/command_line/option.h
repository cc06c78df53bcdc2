#pragma once

#include <CLI/CLI.hpp>

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Options of a command whose text is read by a parser that says what is wrong with it.
namespace weir::bench {

// `into` gets what `parse(std::string_view)` makes of the option's text, and has to outlive the parsing. An
// error ends the parsing and names the option.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, Value& into, const Parse& parse,
                        const std::string& description) {
  const auto read = [&into, parse, name](const std::string& text) {
    auto value = parse(std::string_view(text));
    if (!value) throw CLI::ValidationError(name, value.error());
    into = *std::move(value);
  };
  return app.add_option_function<std::string>(name, read, description);
}

// The same for an option that may be given several times: `take(std::string_view)` gets each text in turn,
// and returns an expected<void, std::string>.
template <class Take>
CLI::Option* add_each(CLI::App& app, const std::string& name, const Take& take,
                      const std::string& description) {
  const auto read = [take, name](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (auto taken = take(std::string_view(text)); !taken) throw CLI::ValidationError(name, taken.error());
    }
  };
  return app.add_option_function<std::vector<std::string>>(name, read, description)->allow_extra_args(false);
}

}  // namespace weir::bench
