#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/model/place.h"

// What the reader has to say about a configuration, as plain values: they outlive the file that
// they speak of, since each carries the line that it points at.
namespace weir::config {

enum class Severity { error, warning };

// Another place that has to do with it.
struct Note {
  model::Place place = {};
  std::string message = {};
  std::string source = {};  // as in Diagnostic
  std::size_t begin = 0;
  std::size_t length = 0;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string id;          // stable name of the kind of problem: "unknown-key"
  model::Place place;      // line 0: the file as a whole
  std::string path;        // "target_groups.web.targets[1].address"; empty: the top of the file
  std::string message;     // what was found and what was expected
  std::string hint;        // how to put it right, where that can be guessed
  std::string source;      // the line of the file, without its end
  std::size_t begin = 0;   // of the offending bytes in `source`
  std::size_t length = 0;  // 0: nothing can be pointed at
  std::vector<Note> notes = {};
};

// Errors before warnings; within them in the order of reading.
using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

// The form that compilers use, one after the other:
//   lb.yaml:9:5: error: listeners.public: unknown key 'rulez'; did you mean 'rules'?
//       9 |     rulez: []
//         |     ^^^^^
// with its notes behind it in the same form.
// Nothing from the file reaches the terminal unescaped.
enum class Colour { off, on };
std::string to_text(const Diagnostics& diagnostics, Colour colour = Colour::off);

// {"valid": false, "diagnostics": [{"severity": ..., "id": ..., "file": ..., "line": ..., ...}]}
std::string to_json(const Diagnostics& diagnostics);

}  // namespace weir::config
