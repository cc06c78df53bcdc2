#include "tests/support/dns_reply.h"

#include <arpa/inet.h>

namespace weir::test {
namespace {

constexpr std::size_t kHeaderSize = 12;

std::string binary(int family, const std::string& address, std::size_t size) {
  std::string bytes(size, '\0');
  ::inet_pton(family, address.c_str(), bytes.data());
  return bytes;
}

std::string encoded(const DnsRecord& record) {
  return encoded_name(record.name) + encoded16(record.type) + encoded16(1) +
         encoded16(static_cast<std::uint16_t>(record.time_to_live >> 16)) +
         encoded16(static_cast<std::uint16_t>(record.time_to_live)) +
         encoded16(static_cast<std::uint16_t>(record.data.size())) + record.data;
}

// Of the first question, from the header on.
std::size_t question_end(const std::string& query) {
  std::size_t at = kHeaderSize;
  while (at < query.size() && query[at] != '\0') at += 1U + static_cast<unsigned char>(query[at]);
  return at + 5;
}

}  // namespace

std::string encoded16(std::uint16_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

std::string encoded_name(const std::string& name) {
  std::string bytes;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    bytes += static_cast<char>(end - begin);
    bytes += name.substr(begin, end - begin);
    begin = end + 1;
  }
  return bytes + '\0';
}

DnsRecord a_record(const std::string& name, const std::string& address, std::uint32_t time_to_live) {
  return {name, 1, time_to_live, binary(AF_INET, address, 4)};
}

DnsRecord aaaa_record(const std::string& name, const std::string& address, std::uint32_t time_to_live) {
  return {name, 28, time_to_live, binary(AF_INET6, address, 16)};
}

DnsRecord cname_record(const std::string& name, const std::string& to, std::uint32_t time_to_live) {
  return {name, 5, time_to_live, encoded_name(to)};
}

DnsRecord srv_record(const std::string& name, std::uint16_t priority, std::uint16_t weight,
                     std::uint16_t port, const std::string& host, std::uint32_t time_to_live) {
  return {name, 33, time_to_live,
          encoded16(priority) + encoded16(weight) + encoded16(port) + encoded_name(host)};
}

std::string query_for(const DnsQuestion& question) {
  return encoded16(1) + encoded16(0x0100) + encoded16(1) + std::string(6, '\0') +
         encoded_name(question.name) + encoded16(question.type) + encoded16(1);
}

DnsQuestion question_of(const std::string& query) {
  DnsQuestion question;
  std::size_t at = kHeaderSize;
  while (at < query.size() && query[at] != '\0') {
    const auto length = static_cast<unsigned char>(query[at]);
    if (!question.name.empty()) question.name += '.';
    question.name += query.substr(at + 1, length);
    at += 1U + length;
  }
  if (at + 2 < query.size()) question.type = static_cast<unsigned char>(query[at + 2]);
  return question;
}

std::string message_of(const std::string& query, const DnsReply& reply, bool truncated) {
  const auto flags = static_cast<std::uint16_t>(0x8180 | (truncated ? 0x0200 : 0) | reply.code);
  const std::size_t records = truncated ? 0 : reply.records.size();
  const std::size_t announced = records + (reply.counts_lie ? 5 : 0);
  std::string message = query.substr(0, 2) + encoded16(flags) + encoded16(1) +
                        encoded16(static_cast<std::uint16_t>(announced)) + encoded16(0) +
                        encoded16(static_cast<std::uint16_t>(truncated ? 0 : reply.additional.size()));
  message += query.substr(kHeaderSize, question_end(query) - kHeaderSize);
  if (truncated) return message;
  if (!reply.garbage.empty()) return message + reply.garbage;
  for (const DnsRecord& record : reply.records) message += encoded(record);
  for (const DnsRecord& record : reply.additional) message += encoded(record);
  return message;
}

}  // namespace weir::test
