#pragma once

#include <string>

#include "config/keys/codec.h"
#include "lb/model/tls.h"

// Files that values name.
namespace weir::config {

// As it is if it is absolute, otherwise from the folder of the YAML file in which the value stands.
std::string beside(const Value& value, const std::string& path);

// Noted with the report as one whose content counts; nothing is read. What is written is absolute.
Codec<model::FilePath> file_path();

}  // namespace weir::config
