#include "config/schema.h"

#include "config/keys/tables.h"

namespace weir::config {

std::string json_schema() {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "weir"}};
  schema.update(schema_of(file_table()));
  schema["$defs"]["variable"] = {{"description", "${NAME} or ${NAME:-default}: from the environment"},
                                 {"type", "string"},
                                 {"pattern", "\\$\\{"}};
  return schema.dump(2) + "\n";
}

}  // namespace weir::config
