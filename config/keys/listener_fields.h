#pragma once

#include "config/keys/table.h"
#include "lb/model/listener.h"

// The keys of a listener that say how clients and it understand each other. They stand in the table in this
// order: what each leaves open depends on those before it.
namespace weir::config {

Field<model::Listener> protocol_field();
Field<model::Listener> tls_field();    // tls_field.cc
Field<model::Listener> http2_field();  // left out: on for https whose alpn has h2, else off

}  // namespace weir::config
