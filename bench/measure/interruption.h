#pragma once

// SIGINT, SIGTERM and SIGHUP end a measurement in order: what has been measured is reported.
namespace weir::bench {

// Once, before anything is started. A second signal ends the process at once.
void expect_interruption();
bool interrupted();

}  // namespace weir::bench
