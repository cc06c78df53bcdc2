#include "config/keys/log_values.h"
#include "config/keys/ratios.h"
#include "config/keys/scalars.h"
#include "config/keys/tables.h"

namespace weir::config {

using base::log::Level;
using model::AccessLog;
using model::Log;

namespace {

constexpr double kLeastSample = 0.001;

const Table<AccessLog>& access_table() {
  static const Table<AccessLog> table{
      .doc = "The access log: one line for each request",
      .fields = {
          placed(&AccessLog::output_place,
                 field("output", "off, stdout, stderr, syslog:ADDRESS or the path of a file",
                       &AccessLog::output, off_as<std::string>("off", log_output()))),
          field("format",
                "json, alb (the fields of ALB in its order), or a template with {fields}, the names of the "
                "JSON",
                &AccessLog::format, log_format()),
          field(
              "only", "all, or errors: what has a status of 400 or above, or a reason", &AccessLog::only,
              one_of<AccessLog::Only>({{"all", AccessLog::Only::all}, {"errors", AccessLog::Only::errors}})),
          field("sample", "The share of requests that is written, picked at random; errors always are",
                &AccessLog::sample, fractional_percent(kLeastSample, 100)),
      }};
  return table;
}

}  // namespace

const Table<Log>& log_table() {
  static const Table<Log> table{
      .doc = "What is logged, and where",
      .fields = {
          field("level", "The least severe level of the daemon's own log on stderr", &Log::level,
                one_of<Level>({{"debug", Level::debug},
                               {"info", Level::info},
                               {"warn", Level::warn},
                               {"error", Level::error}})),
          section("access", &Log::access, access_table()),
          field("redact",
                "Query parameters and headers whose values are never written; Authorization and cookies "
                "never are",
                &Log::redact, list_of(redacted_name())),
      }};
  return table;
}

}  // namespace weir::config
