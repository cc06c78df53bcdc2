#pragma once

#include <memory>
#include <string>

#include "lb/net/byte_stream.h"

namespace weir::net {

// A stream that is being made by connecting, with bytes that go in front of everything else: the header of
// the PROXY protocol. It is established once they are with the stream below; then it is that one.
class PrefacedStream final : public ByteStream {
 public:
  PrefacedStream(std::unique_ptr<ByteStream> below, std::string preface)
      : below_(std::move(below)), preface_(std::move(preface)) {}

  void set_events(StreamEvents* events) override { below_->set_events(events); }
  void want(Interest interest) override { below_->want(interest); }
  Interest wanted() const override { return below_->wanted(); }
  IoResult established() override;
  IoResult read(std::span<char> into) override { return below_->read(into); }
  IoResult write(std::span<const iovec> parts) override { return below_->write(parts); }
  void last_write_comes() override { below_->last_write_comes(); }
  IoResult shutdown_write() override { return below_->shutdown_write(); }
  std::uint64_t untaken() const override { return below_->untaken(); }
  void reset_on_close() override { below_->reset_on_close(); }
  bool splices_to_pipe() const override { return below_->splices_to_pipe(); }
  bool splices_from_pipe() const override { return below_->splices_from_pipe(); }
  IoResult splice_to(int pipe, std::size_t most) override { return below_->splice_to(pipe, most); }
  IoResult splice_from(int pipe, std::size_t most) override { return below_->splice_from(pipe, most); }
  bool seal_in_system(const void* keys) override { return below_->seal_in_system(keys); }
  IoResult write_record(std::uint8_t type, std::string_view content) override {
    return below_->write_record(type, content);
  }

 private:
  std::unique_ptr<ByteStream> below_;
  std::string preface_;  // what is still to be sent of it
  bool connected_ = false;
};

}  // namespace weir::net
