#include "lb/explain/explanation_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "lb/admin/table.h"
#include "lb/explain/lines.h"

namespace weir::explain {
namespace {

using admin::Paint;
using nlohmann::json;

constexpr std::size_t kLongestLine = 2000;
constexpr std::size_t kShownBody = 400;

std::string word(const json& value) {
  constexpr std::size_t kLongest = 256;
  return value.is_null() ? "" : shown(value.get<std::string>(), kLongest);
}

// What stands behind a label: continued under its first line.
constexpr const char* kIndent = "            ";

std::string head_lines(const json& head, std::string_view mark) {
  std::string text;
  for (const json& line : head)
    text += fmt::format("  {} {}\n", mark, shown(line.get<std::string>(), kLongestLine));
  return text;
}

std::string question(const json& it) {
  const json& asked = it.at("question");
  std::string text =
      labelled("request", fmt::format("{} {}", word(asked.at("method")), word(asked.at("url"))));
  for (const json& header : asked.at("headers"))
    text += labelled("", fmt::format("{}: {}", word(header.at(0)), word(header.at(1))));
  text += labelled("from", word(asked.at("from")));
  const std::string sources = word(it.at("client").at("sources"));
  const std::string client = word(it.at("client").at("address"));
  if (!client.empty() && client != word(asked.at("from")))
    text += labelled("client", client + ", by X-Forwarded-For from a trusted peer");
  text += labelled("listener", fmt::format("{} ({}) of {}", word(it.at("listener").at("name")),
                                           word(it.at("listener").at("why")), word(it.at("origin"))));
  if (sources != "off") text += labelled("sources", sources);
  return text;
}

// One of each key type; of several the client's algorithms decide.
std::string certificate_lines(const json& it) {
  if (!it.contains("tls") || it.at("tls").is_null()) return "";  // an older weir may have said it
  const json& tls = it.at("tls");
  std::string text;
  for (const json& one : tls.at("certificates")) {
    std::vector<std::string> names;
    for (const json& name : one.at("names")) names.push_back(word(name));
    const std::string what =
        fmt::format("{} ({}) of {}{}{}, valid until {}; {}", word(one.at("file")), word(one.at("key_type")),
                    word(one.at("subject")), names.empty() ? "" : " for ", fmt::join(names, ", "),
                    word(one.at("not_after")), word(tls.at("why")));
    text += labelled("certificate", wrapped(what, kIndent));
  }
  return text;
}

std::string failed_text(const json& failed) {
  std::string what = word(failed.at("condition"));
  if (!failed.at("name").is_null()) what += " " + word(failed.at("name"));
  std::string seen = "absent";
  if (!failed.at("seen").is_null()) seen = fmt::format("\"{}\"", word(failed.at("seen")));
  std::vector<std::string> wanted;
  for (const json& one : failed.at("wanted")) wanted.push_back(word(one));
  return fmt::format("no: {} is {}, wanted {}", what, seen, fmt::join(wanted, " or "));
}

std::string rule_lines(const json& it, const Paint& paint) {
  if (it.at("rule").is_null()) return labelled("rules", "refused before any rule is asked");
  std::string text = "rules\n";
  std::size_t number = 0;
  for (const json& rule : it.at("rules")) {
    const bool matches = rule.at("matches").get<bool>();
    const int line = rule.at("line").get<int>();
    const std::string head = fmt::format("  {}. {}{}", ++number, word(rule.at("name")),
                                         line == 0 ? "" : fmt::format(" (line {})", line));
    text +=
        head + "\n     " +
        (matches ? paint.text(admin::kGreen, "matches") : wrapped(failed_text(rule.at("failed")), "     ")) +
        "\n";
  }
  if (it.at("rule") == "default" && (number == 0 || !it.at("rules").back().at("matches").get<bool>())) {
    text +=
        fmt::format("  {} {}\n",
                    number == 0 ? "none:" : "none matches:", paint.text(admin::kGreen, "the default action"));
  } else if (const auto behind = it.at("rules_behind").get<std::size_t>(); behind != 0) {
    text += fmt::format("  {} more {} not asked\n", behind, behind == 1 ? "is" : "are");
  }
  return text;
}

std::string action_lines(const json& it) {
  if (it.at("action").is_null()) return "";
  std::string what = word(it.at("action"));
  if (what == "forward") {
    std::vector<std::string> groups;
    const bool several = it.at("target_groups").size() > 1;
    for (const json& group : it.at("target_groups")) {
      groups.push_back(word(group.at("name")) +
                       (several ? fmt::format(" (weight {})", group.at("weight").get<unsigned>()) : ""));
    }
    what += fmt::format(" to {}", fmt::join(groups, ", "));
  }
  std::string text = labelled("action", wrapped(what, kIndent));
  for (const json& rewrite : it.at("rewrites")) {
    text += labelled("rewrite", fmt::format("{} {} -> {}", word(rewrite.at("part")), word(rewrite.at("from")),
                                            word(rewrite.at("to"))));
  }
  return text;
}

std::string sticky_lines(const json& it) {
  std::string text;
  for (const json& one : it.at("sticky")) {
    std::string what =
        fmt::format("{} of {}: {}", word(one.at("cookie")), word(one.at("scope")), word(one.at("outcome")));
    if (!one.at("target").is_null())
      what += ", target " + word(one.at("target"));
    else if (!one.at("target_group").is_null())
      what += ", target group " + word(one.at("target_group"));
    if (!one.at("age_seconds").is_null()) {
      what += fmt::format(", {} old of {}", admin::age(one.at("age_seconds").get<double>()),
                          admin::age(one.at("ttl_seconds").get<double>()));
    }
    if (!one.at("reason").is_null()) what += ", " + word(one.at("reason"));
    text += labelled("sticky", wrapped(what, kIndent));
  }
  return text;
}

std::string number(const json& value) {
  return value.is_null() ? "-" : fmt::format("{:.4g}", value.get<double>());
}

// Nothing where it says no more than the id does, or is not known.
std::string address(const json& target) {
  if (target.at("address") == target.at("id") || target.at("state") == "not looked up") return "";
  return word(target.at("address"));
}

// "other_zone" as people say it.
std::string spaced(std::string text) {
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string candidates(const json& group, const Paint& paint) {
  using enum admin::Table::Align;
  admin::Table table({{" "},
                      {"TARGET"},
                      {"ADDRESS"},
                      {"ZONE"},
                      {"STATE"},
                      {"WEIGHT", right},
                      {"IN FLIGHT", right},
                      {"SCORE", right}});
  for (const json& one : group.at("targets")) {
    if (!one.at("excluded").is_null()) continue;
    table.add({one.at("picked").get<bool>() ? ">" : " ", word(one.at("id")), address(one),
               word(one.at("zone")), word(one.at("state")), number(one.at("effective_weight")),
               number(one.at("in_flight")), number(one.at("score"))});
  }
  return table.empty() ? "no candidates\n" : table.text(paint);
}

std::string excluded(const json& group) {
  std::string text;
  for (const json& one : group.at("targets")) {
    const json& why = one.at("excluded");
    if (why.is_null()) continue;
    std::string line = fmt::format("x {}", word(one.at("id")));
    if (const std::string at = address(one); !at.empty()) line += fmt::format(" ({})", at);
    if (!one.at("zone").is_null()) line += " in " + word(one.at("zone"));
    line += ": " + spaced(word(why.at("reason")));
    if (!why.at("detail").is_null()) line += ", " + word(why.at("detail"));
    text += wrapped(line, "    ") + "\n";
  }
  return text;
}

std::string group_lines(const json& it, const Paint& paint) {
  std::string text;
  for (const json& group : it.at("target_groups")) {
    text += fmt::format("\ntarget group {}{}, {}{}\n", word(group.at("name")),
                        group.at("chosen").get<bool>() ? " (chosen)" : "", word(group.at("algorithm")),
                        group.at("fail_open").get<bool>() ? ", fails open: too few targets are healthy" : "");
    text += indented(candidates(group, paint) + excluded(group));
    if (!group.at("targets").empty())
      text += "  " + wrapped("score: " + word(group.at("score")), "  ") + "\n";
  }
  return text;
}

// Nothing for plain HTTP/1.1.
std::string approach_line(const json& sent) {
  if (!sent.contains("protocol")) return {};  // an older weir does not tell
  std::vector<std::string> ways;
  if (sent.at("protocol") == "h2") ways.emplace_back("by HTTP/2");
  if (const json& tls = sent.at("tls"); !tls.is_null()) {
    ways.push_back(fmt::format(
        "over TLS {} '{}'",
        tls.at("verified").get<bool>() ? "with a certificate for" : "without a look at the certificate of",
        word(tls.at("server_name"))));
  }
  if (sent.at("proxy_protocol") != "off")
    ways.push_back("behind a PROXY header " + word(sent.at("proxy_protocol")));
  if (ways.empty()) return {};
  return "  " + wrapped(fmt::format("{}", fmt::join(ways, ", ")), "  ") + "\n";
}

std::string result(const json& it, const Paint& paint) {
  if (const json& sent = it.at("sent"); !sent.is_null()) {
    const bool named = sent.at("target") != sent.at("address");
    return fmt::format("\nsent to {}{}\n", paint.text(admin::kBold, word(sent.at("target"))),
                       named ? " at " + word(sent.at("address")) : "") +
           approach_line(sent) + head_lines(sent.at("head"), ">");
  }
  const json& answer = it.at("answer");
  if (answer.is_null()) return "\nnothing is sent yet\n";
  std::string text =
      fmt::format("\nanswered by weir{}\n", answer.at("why").is_null() ? "" : ": " + word(answer.at("why"))) +
      head_lines(answer.at("head"), "<");
  auto body = answer.at("body").get<std::string>();
  if (body.ends_with('\n')) body.pop_back();
  if (!body.empty()) text += fmt::format("  <\n  < {}\n", shown(body, kShownBody));
  return text;
}

std::string notes(const json& it) {
  std::string text;
  for (const json& note : it.at("notes")) text += wrapped(word(note), "") + "\n";
  return text.empty() ? "" : "\n" + text;
}

}  // namespace

std::expected<std::string, std::string> explanation_text(std::string_view text, admin::Colour colour) {
  try {
    const json it = json::parse(text);
    const Paint paint(colour);
    return question(it) + certificate_lines(it) + rule_lines(it, paint) + action_lines(it) +
           sticky_lines(it) + group_lines(it, paint) + result(it, paint) + notes(it);
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return std::unexpected("the answer is not an explanation of weir");
  }
}

}  // namespace weir::explain
