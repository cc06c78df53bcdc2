#pragma once

namespace weir::model {

// What clients speak to a listener, or weir to the targets of a group.
enum class Protocol { http };

}  // namespace weir::model
