#include "lb/wire/http2_frame_reader.h"

#include <algorithm>

namespace weir::wire {
namespace {

using http::H2Error;
using http::H2FrameHead;
using http::H2FrameType;
using http::kH2FrameHeadSize;

Http2Step failed(H2Error error, const H2FrameHead& head = {}) {
  Http2Step step;
  step.kind = Http2Step::Kind::failed;
  step.head = head;
  step.error = error;
  return step;
}

Http2Step whole(const H2FrameHead& head, std::string_view payload) {
  Http2Step step;
  step.kind = Http2Step::Kind::frame;
  step.head = head;
  step.payload = payload;
  return step;
}

// What has to be there before a DATA frame can begin: its head, and the length of its padding.
std::size_t data_prefix(const H2FrameHead& head) {
  return kH2FrameHeadSize + (head.has(http::h2_flag::kPadded) ? 1 : 0);
}

}  // namespace

Http2Step Http2FrameReader::next(std::string_view& input) {
  if (preface_left_ != 0) return read_preface(input);
  if (partial_read_) {
    partial_read_ = false;
    std::string().swap(partial_);
  }
  if (content_left_ != 0) return input.empty() ? Http2Step{} : continue_data(input);
  if (padding_left_ != 0) {
    const std::size_t some = std::min<std::size_t>(padding_left_, input.size());
    input.remove_prefix(some);
    padding_left_ -= static_cast<std::uint32_t>(some);
    if (padding_left_ != 0) return {};
  }
  return partial_.empty() ? begin_frame(input) : continue_frame(input);
}

Http2Step Http2FrameReader::read_preface(std::string_view& input) {
  const std::string_view rest = http::kH2Preface.substr(http::kH2Preface.size() - preface_left_);
  const std::size_t some = std::min(rest.size(), input.size());
  if (input.substr(0, some) != rest.substr(0, some)) return failed(H2Error::protocol_error);
  input.remove_prefix(some);
  preface_left_ -= static_cast<std::uint8_t>(some);
  return preface_left_ == 0 ? next(input) : Http2Step{};
}

Http2Step Http2FrameReader::begin_frame(std::string_view& input) {
  if (input.size() >= kH2FrameHeadSize) {
    const H2FrameHead head = http::read_frame_head(input.data());
    const H2Error error = http::check_frame_head(head, http::kH2MinMaxFrame);
    if (error != H2Error::no_error) return failed(error, head);
    if (head.type == H2FrameType::data && input.size() >= data_prefix(head)) {
      const auto padding = static_cast<unsigned char>(head.has(http::h2_flag::kPadded) ? input[9] : 0);
      input.remove_prefix(data_prefix(head));
      return begin_data(head, padding, input);
    }
    if (head.type != H2FrameType::data && input.size() - kH2FrameHeadSize >= head.length) {
      const std::string_view payload = input.substr(kH2FrameHeadSize, head.length);
      input.remove_prefix(kH2FrameHeadSize + head.length);
      return whole(head, payload);
    }
  }
  partial_.assign(input);
  input = {};
  return {};
}

Http2Step Http2FrameReader::continue_frame(std::string_view& input) {
  const auto fill = [&](std::size_t size) {
    const std::size_t some = std::min(size - std::min(size, partial_.size()), input.size());
    partial_.append(input.substr(0, some));
    input.remove_prefix(some);
    return partial_.size() >= size;
  };
  if (!fill(kH2FrameHeadSize)) return {};
  const H2FrameHead head = http::read_frame_head(partial_.data());
  const H2Error error = http::check_frame_head(head, http::kH2MinMaxFrame);
  if (error != H2Error::no_error) return failed(error, head);
  if (head.type == H2FrameType::data) {
    if (!fill(data_prefix(head))) return {};
    const auto padding = static_cast<unsigned char>(head.has(http::h2_flag::kPadded) ? partial_[9] : 0);
    std::string().swap(partial_);
    return begin_data(head, padding, input);
  }
  if (!fill(kH2FrameHeadSize + head.length)) return {};
  partial_read_ = true;
  return whole(head, std::string_view(partial_).substr(kH2FrameHeadSize));
}

Http2Step Http2FrameReader::begin_data(const H2FrameHead& head, std::uint32_t padding,
                                       std::string_view& input) {
  const std::uint32_t framing = head.has(http::h2_flag::kPadded) ? 1 + padding : 0;
  if (framing > head.length) return failed(H2Error::protocol_error);  // RFC 9113 6.1
  data_ = head;
  content_ = content_left_ = head.length - framing;
  padding_left_ = padding;
  Http2Step step = continue_data(input);
  step.begins = true;
  return step;
}

Http2Step Http2FrameReader::continue_data(std::string_view& input) {
  const std::size_t some = std::min<std::size_t>(content_left_, input.size());
  Http2Step step;
  step.kind = Http2Step::Kind::data;
  step.head = data_;
  step.payload = input.substr(0, some);
  step.content = content_;
  content_left_ -= static_cast<std::uint32_t>(some);
  step.ends = content_left_ == 0;
  input.remove_prefix(some);
  return step;
}

}  // namespace weir::wire
