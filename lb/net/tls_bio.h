#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/byte_stream.h"
#include "lb/net/tls_pointers.h"
#include "lb/net/tls_scratch.h"

namespace weir::net {

// Between OpenSSL and the stream below. OpenSSL hears of neither an end nor an error of that stream: only
// that there is no more for now, so that its own state stays whole (a client may send FIN without
// close_notify and still wants its answer). What it writes is always taken, and goes out with flush(). Part
// of a TlsStream.
class TlsBio {
 public:
  enum class Input : std::uint8_t { open, ended, broken };
  enum class Beginning : std::uint8_t { unknown, tls, http, other };  // what the first bytes are

  // `looks`: at the first bytes, for HTTP in clear on the port of a TLS listener.
  TlsBio(TlsScratch& scratch, std::unique_ptr<ByteStream> below, bool looks)
      : scratch_(scratch),
        below_(std::move(below)),
        beginning_(looks ? Beginning::unknown : Beginning::tls) {}
  ~TlsBio() = default;
  TlsBio(const TlsBio&) = delete;
  TlsBio& operator=(const TlsBio&) = delete;

  // For SSL_set_bio, which owns it; null: no memory.
  BIO* make();

  bool has_below() const { return below_ != nullptr; }  // until release()
  ByteStream& below() { return *below_; }
  const ByteStream& below() const { return *below_; }

  // --- input

  // What somebody has read of the stream below already: its very first bytes.
  void receive_first(std::string_view bytes);
  // A call of the owner begins: so many receives are its bound, and the first short one is its last.
  void allow_input() {
    receives_left_ = kReceives;
    short_ = false;
  }
  // What is here is enough for this call, unless it has received already, and all that was asked for.
  void settle_input() {
    if (receives_left_ == kReceives) receives_left_ = 0;
  }
  bool more_likely() const { return receives_left_ != 0 && !short_ && input_ == Input::open; }
  bool starved() const { return starved_; }  // OpenSSL was told that there is no more
  Input input() const { return input_; }
  int error() const { return error_; }  // errno, of either direction
  std::uint64_t received() const { return received_; }
  Beginning beginning() const { return beginning_; }
  // The stream below and what was read of it, for somebody else to go on with; it was not TLS.
  std::unique_ptr<ByteStream> release(std::string& first_bytes);

  // --- output

  // The next record takes everything along: it is the last of this call.
  void send_with_next() { direct_ = true; }
  // Sends what was sealed: done (all of it is out), would_block or error.
  IoResult flush() { return flush({}); }
  // How the last of them went, or that of send_with_next().
  IoResult outcome() const;
  // Keeps what was sealed until something else goes out.
  void hold();
  bool has_sealed() const { return !scratch_.sealed.empty(); }
  bool blocked() const { return blocked_; }  // the stream below did not take all
  std::size_t unsent() const { return left_.size() + (sealed_below_ ? sealed_below_->unsent() : 0); }
  // The stream below seals: what OpenSSL writes is plaintext.
  bool sealed_below() const { return sealed_below_ != nullptr; }

 private:
  static constexpr int kReceives = 4;
  static constexpr std::size_t kMostUnsent = 256 * 1024;

  static const BIO_METHOD* method();
  // What is kept where the stream below seals. OpenSSL names the type of each record that is no application
  // data before it writes it; those that are not out yet go behind all that is left.
  struct SealedBelow {
    struct Record {
      std::uint8_t type = 0;
      std::string content;
    };
    std::uint8_t next_type = 0;  // of the next write; 0: application data
    std::vector<Record> records;

    std::size_t unsent() const;
  };

  static int on_read(BIO* bio, char* into, std::size_t size, std::size_t* got);
  static int on_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written);
  static long on_control(BIO* bio, int command, long number, void* pointer);

  std::size_t receive(char* into, std::size_t size);
  std::size_t look_at(char* into, std::size_t size);
  void send(std::string_view record);
  long let_below_seal(const void* keys);
  void send_record(std::string_view content);
  IoResult flush(std::string_view last);
  IoResult flush_records();
  void keep(std::string_view last, std::size_t sent);
  IoResult failed(int error);

  TlsScratch& scratch_;
  std::unique_ptr<ByteStream> below_;
  std::string first_;  // while it is not clear what they are; then until OpenSSL has them
  std::string left_;   // records that are not out yet
  std::unique_ptr<SealedBelow> sealed_below_;  // null: they are sealed here
  std::uint64_t received_ = 0;
  int error_ = 0;
  Beginning beginning_;
  Input input_ = Input::open;
  std::uint8_t receives_left_ = 0;
  bool short_ = false;
  bool starved_ = false;
  bool direct_ = false;
  bool blocked_ = false;
};

}  // namespace weir::net
