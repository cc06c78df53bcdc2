#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/h2_frame.h"

namespace weir::wire {

// What the reader found; views are valid until the next call, or as long as the input if they are of it.
struct Http2Step {
  enum class Kind : std::uint8_t {
    need_more,
    frame,  // a whole one, not DATA
    data,   // a piece of a DATA frame
    failed,
  };
  Kind kind = Kind::need_more;
  http::H2FrameHead head;                         // for failed: as far as it is one
  std::string_view payload;                       // of a frame; of DATA: content, without padding
  bool begins = false;                            // the first piece of a DATA frame
  bool ends = false;                              // the last piece
  std::uint32_t content = 0;                      // of the whole DATA frame
  http::H2Error error = http::H2Error::no_error;  // for failed: of the connection
};

// Frames out of bytes, as they come. Whole frames are read where they lie, DATA piece by piece; of others
// that are incomplete the bytes so far are kept, at most one frame of the least maximum size, which is all
// that weir allows. No I/O, no clock.
class Http2FrameReader {
 public:
  // `expects_preface`: of a server, whose client sends kH2Preface first.
  explicit Http2FrameReader(bool expects_preface)
      : preface_left_(expects_preface ? static_cast<std::uint8_t>(http::kH2Preface.size()) : 0) {}

  // Takes from the front of `input` what the step is about.
  Http2Step next(std::string_view& input);

  // Has a frame, or the preface, begun and not ended? DATA does not count.
  bool in_frame() const {
    return !partial_.empty() || (preface_left_ != 0 && preface_left_ != http::kH2Preface.size());
  }
  bool seen_preface() const { return preface_left_ == 0; }

 private:
  Http2Step read_preface(std::string_view& input);
  Http2Step continue_data(std::string_view& input);
  Http2Step begin_frame(std::string_view& input);
  Http2Step continue_frame(std::string_view& input);
  Http2Step begin_data(const http::H2FrameHead& head, std::uint32_t padding, std::string_view& input);

  http::H2FrameHead data_;     // the DATA frame under way
  std::uint32_t content_ = 0;  // of it
  std::uint32_t content_left_ = 0;
  std::uint32_t padding_left_ = 0;
  std::uint8_t preface_left_;
  bool partial_read_ = false;  // the frame in `partial_` was given out
  std::string partial_;
};

}  // namespace weir::wire
