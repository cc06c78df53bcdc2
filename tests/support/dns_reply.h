#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Answers of a DNS server as bytes, for tests.
namespace weir::test {

struct DnsRecord {
  std::string name;
  std::uint16_t type = 0;
  std::uint32_t time_to_live = 60;
  std::string data;
};

DnsRecord a_record(const std::string& name, const std::string& address, std::uint32_t time_to_live = 60);
DnsRecord aaaa_record(const std::string& name, const std::string& address, std::uint32_t time_to_live = 60);
DnsRecord cname_record(const std::string& name, const std::string& to, std::uint32_t time_to_live = 60);
DnsRecord srv_record(const std::string& name, std::uint16_t priority, std::uint16_t weight,
                     std::uint16_t port, const std::string& host, std::uint32_t time_to_live = 60);

struct DnsReply {
  unsigned code = 0;  // 2: SERVFAIL, 3: NXDOMAIN, 5: REFUSED
  std::vector<DnsRecord> records = {};
  std::vector<DnsRecord> additional = {};
  bool silent = false;       // none comes
  std::string garbage = {};  // instead of all behind the header
  bool counts_lie = false;   // the header announces more records than there are
};

struct DnsQuestion {
  std::string name;
  std::uint16_t type = 0;
  auto operator<=>(const DnsQuestion&) const = default;
};

DnsQuestion question_of(const std::string& query);
// `truncated`: with the TC bit and no records.
std::string message_of(const std::string& query, const DnsReply& reply, bool truncated = false);
// A query as a resolver would send it.
std::string query_for(const DnsQuestion& question);

std::string encoded_name(const std::string& name);
std::string encoded16(std::uint16_t number);

}  // namespace weir::test
