#include "lb/net/dns_message.h"

#include <ares.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "lb/base/text.h"

namespace weir::net {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kQuestionTail = 4;  // type and class
constexpr std::size_t kServiceHead = 6;   // priority, weight and port
constexpr std::uint16_t kInternet = 1;

struct Record {
  std::uint16_t type = 0;
  std::uint16_t record_class = 0;
  std::uint32_t time_to_live = 0;
  std::size_t begin = 0;  // of its data
  std::size_t size = 0;
};

// Reads on from a place in the message; absent: the message ends before.
class Reader {
 public:
  explicit Reader(Bytes message) : message_(message) {}

  std::size_t place() const { return place_; }

  bool skip(std::size_t count) {
    if (message_.size() - place_ < count) return false;
    place_ += count;
    return true;
  }

  std::optional<std::uint16_t> number16() {
    const std::size_t at = place_;
    if (!skip(2)) return std::nullopt;
    return static_cast<std::uint16_t>(message_[at] << 8 | message_[at + 1]);
  }

  // A name ends with an empty label or with a pointer, which nobody has to follow here.
  bool skip_name() {
    while (place_ < message_.size()) {
      const std::uint8_t length = message_[place_];
      if ((length & 0xc0) == 0xc0) return skip(2);
      if ((length & 0xc0) != 0 || !skip(1U + length)) return false;
      if (length == 0) return true;
    }
    return false;
  }

  std::optional<Record> record() {
    if (!skip_name()) return std::nullopt;
    const auto type = number16();
    const auto record_class = number16();
    const auto high = number16();
    const auto low = number16();
    const auto size = number16();
    if (!size) return std::nullopt;
    const Record record{*type, *record_class, static_cast<std::uint32_t>(*high) << 16 | *low, place_, *size};
    return skip(*size) ? std::optional(record) : std::nullopt;
  }

 private:
  Bytes message_;
  std::size_t place_ = 0;
};

std::uint16_t number16(Bytes message, std::size_t at) { return *Reader(message.subspan(at)).number16(); }

// RFC 2181 section 8: what has the highest bit set counts as 0.
base::Duration time_to_live(std::uint32_t seconds) {
  return std::chrono::seconds(seconds > INT32_MAX ? 0 : seconds);
}

bool read_address(Bytes data, DnsRecords& records) {
  base::IpAddress address;
  if (data.size() == 4) address.bytes[10] = address.bytes[11] = 0xff;
  std::ranges::copy(data, address.bytes.end() - static_cast<std::ptrdiff_t>(data.size()));
  records.addresses.push_back(address);
  return true;
}

// The host "." says that there is no such service (RFC 2782).
bool read_service(Bytes message, const Record& record, DnsRecords& records) {
  if (record.size <= kServiceHead) return false;
  char* text = nullptr;
  long length = 0;
  const auto size = static_cast<int>(message.size());
  if (ares_expand_name(&message[record.begin + kServiceHead], message.data(), size, &text, &length) !=
      ARES_SUCCESS) {
    return false;
  }
  const std::unique_ptr<char, decltype(&ares_free_string)> host(text, &ares_free_string);
  if (static_cast<std::size_t>(length) + kServiceHead != record.size) return false;
  if (*text == '\0') return true;
  records.services.push_back({.host = base::to_lower(text),
                              .priority = number16(message, record.begin),
                              .weight = number16(message, record.begin + 2),
                              .port = number16(message, record.begin + 4)});
  return true;
}

bool read_data(Bytes message, const Record& record, DnsRecords& records) {
  const Bytes data = message.subspan(record.begin, record.size);
  switch (DnsType{record.type}) {
    case DnsType::a: return data.size() == 4 && read_address(data, records);
    case DnsType::aaaa: return data.size() == 16 && read_address(data, records);
    case DnsType::srv: return read_service(message, record, records);
    case DnsType::cname: return true;
  }
  return true;
}

}  // namespace

std::string_view word(DnsFailure failure) {
  switch (failure) {
    case DnsFailure::no_such_name: return "no such name";
    case DnsFailure::no_data: return "no records";
    case DnsFailure::server_failure: return "server failure";
    case DnsFailure::refused: return "refused";
    case DnsFailure::timeout: return "timeout";
    case DnsFailure::malformed: return "malformed";
  }
  return "";
}

std::expected<DnsRecords, DnsFailure> read_dns_answer(Bytes message, DnsType type) {
  const std::unexpected malformed(DnsFailure::malformed);
  Reader reader(message);
  if (message.size() > UINT16_MAX || !reader.skip(kHeaderSize)) return malformed;
  const std::uint16_t questions = number16(message, 4);
  const std::uint16_t answers = number16(message, 6);
  for (unsigned i = 0; i < questions; ++i) {
    if (!reader.skip_name() || !reader.skip(kQuestionTail)) return malformed;
  }
  DnsRecords records{.time_to_live = base::Duration::max()};
  for (unsigned i = 0; i < answers; ++i) {
    const auto record = reader.record();
    if (!record) return malformed;
    const bool wanted = DnsType{record->type} == type || DnsType{record->type} == DnsType::cname;
    if (!wanted || record->record_class != kInternet) continue;
    if (!read_data(message, *record, records)) return malformed;
    records.time_to_live = std::min(records.time_to_live, time_to_live(record->time_to_live));
  }
  if (records.addresses.empty() && records.services.empty()) return std::unexpected(DnsFailure::no_data);
  return records;
}

}  // namespace weir::net
