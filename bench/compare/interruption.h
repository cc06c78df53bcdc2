#pragma once

// SIGINT, SIGTERM and SIGHUP end a comparison in order: what runs is killed, what has been measured is
// reported.
namespace weir::bench::compare {

// Once, before anything is started. A second signal ends the process at once.
void expect_interruption();
bool interrupted();

}  // namespace weir::bench::compare
