#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Which identities serve the name that a client asks for in SNI (RFC 6066 3). Built once, then never changed
// and shared by all threads; a look-up allocates nothing.
namespace weir::net {

class TlsNames {
 public:
  TlsNames() = default;
  // `names[i]` are those of identity i (TlsIdentity::names). What SNI cannot carry (IP addresses) and
  // wildcards of another form than "*.rest" are left out: nobody can ask for them.
  explicit TlsNames(std::span<const std::vector<std::string>> names);

  // The numbers of the identities that serve it, ascending: several where there are several key types. Those
  // that have the very name, else those with a wildcard for it, which stands for exactly one label (RFC
  // 9525 6.3). Case and a dot at the end do not matter. Empty: nobody serves it.
  std::span<const std::size_t> find(std::string_view server_name) const;

  bool empty() const { return exact_.empty() && wildcards_.empty(); }

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the name is the library's.
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Table = std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>>;

  Table exact_;
  Table wildcards_;  // by what stands behind "*."
};

}  // namespace weir::net
