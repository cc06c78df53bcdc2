#pragma once

#include "config/keys/table.h"
#include "lb/model/snapshot.h"

// The tables of the file, section by section. Built once, then shared by all threads.
namespace weir::config {

const Table<model::Process>& process_table();
const Table<model::Admin>& admin_table();
const Table<model::Log>& log_table();
const Table<model::Tracing>& tracing_table();
const Table<model::Secrets>& secrets_table();
const Table<model::Listener>& listener_table();
const Table<model::TargetGroup>& target_group_table();

Field<model::Snapshot> routing_tests_field();

// The whole file.
const Table<model::Snapshot>& file_table();

}  // namespace weir::config
