#include "lb/routing/facts.h"

#include <algorithm>

#include "lb/base/text.h"
#include "lb/http/syntax.h"
#include "lb/routing/path.h"

namespace weir::routing {

void Facts::begin(const http::RequestHead& request, const base::IpAddress& client) {
  request_ = &request;
  client_ = client;
  has_host_ = has_path_ = false;
  if (has_query_) query_.clear();
  if (has_cookies_) cookies_.clear();
  has_query_ = has_cookies_ = false;
}

std::string_view Facts::find_host() {
  has_host_ = true;
  host_ = http::split_authority(request_->authority()).host;
  if (host_.ends_with('.')) host_.remove_suffix(1);
  if (std::ranges::any_of(host_, [](char c) { return c != base::lower(c); })) {
    host_storage_.resize(host_.size());
    std::ranges::transform(host_, host_storage_.begin(), base::lower);
    host_ = host_storage_;
  }
  return host_;
}

std::string_view Facts::find_path() {
  has_path_ = true;
  path_ = normalised_path(request_->target(), path_storage_);
  return path_;
}

const NamedValues& Facts::query() {
  if (has_query_) return query_;
  has_query_ = true;
  const std::string_view target = request_->target();
  const std::size_t question = target.find('?');
  if (question != std::string_view::npos) query_.add_query(target.substr(question + 1));
  query_.finish();
  return query_;
}

const NamedValues& Facts::cookies() {
  if (has_cookies_) return cookies_;
  has_cookies_ = true;
  const http::FieldList& fields = request_->fields;
  if (fields.has(http::FieldId::cookie)) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].id == http::FieldId::cookie) cookies_.add_cookies(fields[i].value);
    }
  }
  cookies_.finish();
  return cookies_;
}

}  // namespace weir::routing
