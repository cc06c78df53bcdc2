#pragma once

#include <CLI/CLI.hpp>

#include <functional>

// The commands of weir-bench. Each adds itself to the command line; when it was given it puts what runs into
// `chosen`, which returns the exit code.
namespace weir::bench {

using Run = std::function<int()>;

void add_backend_command(CLI::App& app, Run& chosen);
void add_micro_command(CLI::App& app, Run& chosen);
void add_run_command(CLI::App& app, Run& chosen);
void add_compare_command(CLI::App& app, Run& chosen);

}  // namespace weir::bench
