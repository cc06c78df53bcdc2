#include "lb/net/kernel_tls.h"

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lb/net/fd.h"

namespace weir::net {
namespace {

constexpr int kTls = 282;  // SOL_TLS, which glibc does not name everywhere

bool take_protocol(int fd) { return ::setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0; }

socklen_t size_of(const tls_crypto_info& info) {
  switch (info.cipher_type) {
    case TLS_CIPHER_AES_GCM_128: return sizeof(tls12_crypto_info_aes_gcm_128);
    case TLS_CIPHER_AES_GCM_256: return sizeof(tls12_crypto_info_aes_gcm_256);
    case TLS_CIPHER_CHACHA20_POLY1305: return sizeof(tls12_crypto_info_chacha20_poly1305);
    default: return 0;
  }
}

}  // namespace

// A socket has to be connected for it: ENOENT says that there is no such protocol, ENOTCONN that there is.
bool kernel_has_tls() {
  static const bool has = [] {
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return fd.valid() && (take_protocol(fd.get()) || errno == ENOTCONN);
  }();
  return has;
}

bool seal_in_kernel(int fd, const void* keys) {
  tls_crypto_info info{};
  std::memcpy(&info, keys, sizeof info);
  const socklen_t size = size_of(info);
  if (size == 0 || !take_protocol(fd)) return false;
  return ::setsockopt(fd, kTls, TLS_TX, keys, size) == 0;
}

std::ptrdiff_t send_kernel_record(int fd, std::uint8_t type, std::string_view content) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof type)]{};
  iovec part{const_cast<char*>(content.data()), content.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = kTls;
  header->cmsg_type = TLS_SET_RECORD_TYPE;
  header->cmsg_len = CMSG_LEN(sizeof type);
  *CMSG_DATA(header) = type;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace weir::net
