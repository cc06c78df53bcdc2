#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "bench/compare/results.h"
#include "bench/compare/scratch.h"
#include "bench/compare/settings.h"

namespace weir::bench::compare {

// Round after round, in each of them every workload, at each of those every peer, in turning order. Says on
// stderr how far it is. Ends early when it is interrupted. Peers that do not start are left out, with a note;
// the error is that weir is one of them.
std::expected<void, std::string> run_comparison(Settings& settings, Scratch& scratch, Results& results);

// report.md, results.json and the charts; the directory is made. The error names the file that cannot be
// written.
std::expected<void, std::string> write_report(const Results& results, const std::filesystem::path& directory);

}  // namespace weir::bench::compare
