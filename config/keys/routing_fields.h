#pragma once

#include <vector>

#include "config/keys/table.h"
#include "lb/model/listener.h"

// The keys of a listener that say what is done with which requests.
namespace weir::config {

Field<model::Listener> sources_field();
Field<model::Listener> rules_field();
const Table<model::Rule>& rule_table();

// What a rule or a listener does. Of the keys forward, redirect and respond exactly one is set.
template <class Owner>
std::vector<Field<Owner>> action_fields(model::Action Owner::* member);
extern template std::vector<Field<model::Rule>> action_fields(model::Action model::Rule::* member);
extern template std::vector<Field<model::Listener>> action_fields(model::Action model::Listener::* member);

// match_field.cc
Field<model::Rule> match_field();

Codec<model::RedirectAction> redirect();

// rewrite_fields.cc
Field<model::Rule> rewrite_field();
Field<model::Rule> headers_field();

Codec<model::Template> field_template();     // of a header's value
Codec<model::Template> redirect_template();  // of a part of a URL

}  // namespace weir::config
