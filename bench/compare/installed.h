#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bench/compare/peer.h"
#include "bench/compare/scratch.h"

namespace weir::bench::compare {

// Where a program is: in PATH, or where daemons are though many PATHs lack it. Absent if it is not installed.
std::optional<std::filesystem::path> find_program(std::string_view name);

// weir: beside this program, else in PATH.
std::optional<std::filesystem::path> find_weir();

// This program.
std::filesystem::path self();

// Where the peers' configurations are: in the sources that this program was built in, else where a package
// puts them.
std::filesystem::path peers_directory();

// What the program says of its version; empty if it does not tell within a few seconds.
std::string version_of(const Peer& peer, const std::filesystem::path& program, Scratch& scratch);

}  // namespace weir::bench::compare
