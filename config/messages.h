#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/diagnostics.h"

// Every message that the reader can give, in one place: what was found, then what was expected.
// Each has a file of its own in tests/golden; a test fails for one that has none. The arguments
// of a text are checked against it by the compiler (Report::add).
namespace weir::config {

// X(name, severity, text). The id that users see is the name with '-' for '_'.
#define WEIR_CONFIG_MESSAGES(X)                                                                             \
  /* files */                                                                                               \
  X(cannot_read, error, "cannot read '{}': {}")                                                             \
  X(not_a_file, error, "'{}' is not a regular file")                                                        \
  X(too_large, error, "with '{}' the configuration is larger than {}")                                      \
  X(not_utf8, error, "the file is not UTF-8 text")                                                          \
  X(control_character, error, "the control character 0x{:02x} has no place in a configuration")             \
  X(empty_file, error, "the file has no content")                                                           \
  X(not_sections, error, "expected the sections of a configuration, found {}")                              \
  X(include_nested, error, "an included file can't include others")                                         \
  X(include_alone, error, "a document that does not come from a file can't include any")                    \
  /* YAML */                                                                                                \
  X(syntax, error, "this is not valid YAML: {}")                                                            \
  X(syntax_tab, error, "a tab can't be used to indent")                                                     \
  X(syntax_bracket, error, "'{}' is never closed")                                                          \
  X(syntax_bracket_stray, error, "'{}' closes nothing")                                                     \
  X(syntax_flow_character, error, "a plain value between brackets can't contain '{}'")                      \
  X(syntax_comma, error, "expected ',' or '{}'")                                                            \
  X(syntax_after_bracket, error, "text behind the closing '{}'")                                            \
  X(syntax_quote, error, "the quoted text is never closed")                                                 \
  X(syntax_after_quote, error, "text behind the closing quote")                                             \
  X(syntax_first_character, error, "a plain value can't begin with '{}'")                                   \
  X(syntax_colon, error, "a plain value can't contain ': '")                                                \
  X(syntax_space, error, "a space is missing behind the colon of '{}'")                                     \
  X(syntax_not_a_key, error, "expected 'key: value', found '{}'")                                           \
  X(syntax_indentation, error, "the indentation fits no line above")                                        \
  X(syntax_list_in_map, error, "a list entry among keys")                                                   \
  X(syntax_list_inline, error, "a list can't begin behind a key on the same line")                          \
  X(syntax_escape, error, "'{}' is no escape sequence of a \"double-quoted\" text")                         \
  X(several_documents, error, "a second YAML document begins here; a configuration has one")                \
  X(directive, error, "YAML directives (lines that begin with %) have no meaning here")                     \
  X(tag, error, "the YAML tag '{}' has no meaning here")                                                    \
  X(alias_unknown, error, "no '&{}' stands above this alias")                                               \
  X(alias_recursive, error, "this alias stands inside of what it names")                                    \
  X(alias_expansion, error, "the aliases expand to more than {} values")                                    \
  X(too_deep, error, "nested more than {} levels deep")                                                     \
  X(key_not_text, error, "a key must be a name, found {}")                                                  \
  X(duplicate_key, error, "'{}' is set twice, first at {}")                                                 \
  X(merge_not_map, error, "'<<' merges a map or a list of maps, found {}")                                  \
  /* environment */                                                                                         \
  X(variable_unset, error, "the environment variable '{}' is not set")                                      \
  X(variable_name, error, "'{}' is not the name of an environment variable")                                \
  X(variable_unclosed, error, "'${{' without a closing '}}'")                                               \
  /* keys and values */                                                                                     \
  X(unknown_key, error, "unknown key '{}'")                                                                 \
  X(missing_key, error, "the key '{}' is missing")                                                          \
  X(no_value, error, "no value; expected {}")                                                               \
  X(wrong_kind, error, "expected {}, found {}")                                                             \
  X(empty_list, error, "empty; expected at least one entry")                                                \
  X(not_boolean, error, "expected on or off, found '{}'")                                                   \
  X(not_number, error, "expected {}, found '{}'")                                                           \
  X(number_range, error, "{} is not in {}-{}")                                                              \
  X(not_duration, error, "expected {}, found '{}'")                                                         \
  X(duration_precision, error, "'{}' is finer than a {}")                                                   \
  X(duration_range, error, "{} is not in {}-{}")                                                            \
  X(bounds_order, error, "{} is not longer than {} in front of it; the bounds of buckets ascend")           \
  X(bounds_many, error, "{} bounds; at most {} are allowed")                                                \
  X(not_size, error, "expected {}, found '{}'")                                                             \
  X(size_range, error, "{} is not in {}-{}")                                                                \
  X(not_one_of, error, "expected {}, found '{}'")                                                           \
  X(not_a_name, error, "'{}' is not a name of 1-64 letters, digits, '.', '_' and '-'")                      \
  X(not_a_pseudonym, error, "'{}' is not a name of 1-64 letters, digits, '.', '_' and '-', a letter first") \
  X(not_a_user, error, "'{}' is not a user name or number")                                                 \
  X(not_a_path, error, "expected an absolute path, found '{}'")                                             \
  X(not_a_file_path, error, "'{}' is not the path of a file")                                               \
  X(not_an_output, error, "expected off, stdout, stderr, syslog:ADDRESS or the path of a file, found '{}'") \
  X(syslog_address, error, "'{}' is no syslog of this machine: unix:/path or a loopback address and port")  \
  X(log_format, error,                                                                                      \
    "expected json, alb or a template such as \"{{client}} {{method}} {{url}}\", found '{}'")               \
  X(log_brace, error, "'{}' stands alone; a brace that is meant to be written is written twice")            \
  X(log_field, error, "there is no field '{}' in the access log")                                           \
  X(log_header_secret, error, "the header '{}' is never logged")                                            \
  X(log_control, error, "a line of the access log can't hold control characters other than tabs")           \
  X(collector_url, error, "expected {}, found '{}'")                                                        \
  X(collector_tls, error, "'{}' needs TLS, which weir does not speak to a collector yet; http does")        \
  X(collector_path, error, "'{}' ends with its host; collectors take spans at a path such as /v1/traces")   \
  X(redact_name, error, "'{}' is not the name of a query parameter or header")                              \
  X(value_twice, error, "'{}' stands in this list twice")                                                   \
  X(certificates_many, error, "{} certificates; at most {} are allowed")                                    \
  X(alpn_without_http2, error, "alpn offers h2: http2 can't be off")                                        \
  X(http2_not_offered, warning, "no client gets HTTP/2: alpn does not offer h2")                            \
  X(not_a_cidr, error, "expected {}, found '{}'")                                                           \
  X(cidr_host_bits, error, "'{}' has bits set behind its prefix")                                           \
  X(upgrade_token, error, "'{}' is not a protocol name")                                                    \
  X(upgrade_never, error, "'{}' can never be an upgrade: it would tunnel requests past weir")               \
  X(address_form, error, "expected {}, found '{}'")                                                         \
  X(address_port, error, "'{}' is not a port number")                                                       \
  X(address_port_range, error, "port {} is not in {}-65535")                                                \
  X(address_brackets, error, "an IPv6 address stands in brackets, found '{}'")                              \
  X(address_bracketed, error, "only IPv6 addresses stand in brackets, found '{}'")                          \
  X(address_host_name, error, "'{}' is a host name; only IP addresses work here")                           \
  X(address_ip, error, "'{}' is not an IP address")                                                         \
  X(address_unix, error, "a unix socket is written unix:/absolute/path with at most 107 bytes, found '{}'") \
  X(target_unix, error, "a target is an IP address and a port, not a unix socket")                          \
  X(target_unspecified, error, "{} is not an address that can be connected to")                             \
  X(target_id, error, "'{}' is not an id of 1-64 letters, digits, '.', '_', '-', ':', '[' and ']'")         \
  X(target_id_reserved, error, "'{}' is reserved: so metrics call the targets without series of their own") \
  X(keys_exclude, error, "'{}' and '{}' exclude each other")                                                \
  X(key_goes_with, error, "'{}' goes with '{}' only")                                                       \
  X(dns_name, error, "'{}' is not a DNS name")                                                              \
  X(dns_is_address, error, "'{}' is an IP address, which needs no DNS")                                     \
  X(server_name, error, "'{}' is neither a host name nor an IP address")                                    \
  X(field_name, error, "'{}' is not the name of a header")                                                  \
  X(field_reserved, error, "weir itself writes the header '{}'")                                            \
  X(field_value, error, "a header can't hold control characters or spaces around its value")                \
  X(hash_name, error, "'{}' is not the name of a {}")                                                       \
  X(request_path, error, "'{}' is not a path that begins with '/', in printable ASCII without '#'")         \
  X(request_method, error, "'{}' is not a method that a check can send")                                    \
  X(request_host, error, "'{}' is not a Host: a name or an IP address, and perhaps a port")                 \
  X(grpc_service, error, "'{}' is not a service: at most 255 characters of printable ASCII")                \
  X(status_range, error, "the range {} runs backwards")                                                     \
  X(expression, error, "not a regular expression: {}")                                                      \
  X(replacement, error, "not a replacement: {}")                                                            \
  X(wildcard, error, "not a pattern with wildcards: {}")                                                    \
  X(method, error, "'{}' is not a method of 1-40 token characters")                                         \
  X(cookie_name, error, "'{}' is not the name of a cookie: letters, digits and !#$%&'*+-.^_`|~")            \
  X(cookie_name_length, error, "a name of {} characters; that of a cookie has at most {}")                  \
  X(cookie_name_reserved, error, "'{}' is reserved: {}... are the cookies of sticky rules")                 \
  X(cookie_name_own, error, "'{}' is the name of weir's own cookie; the target's needs another")            \
  X(host_pattern, error, "'{}' can match no host: a name in ASCII, without scheme, port or path")           \
  X(path_pattern, error, "'{}' can match no path: it begins with '/' and has no '//' or dot segment")       \
  X(path_encoded, warning, "'{}' is held against the decoded path, where a % is one that was sent as %25")  \
  X(path_prefix, error, "'{}' is not a path that begins with '/', in printable ASCII without '?' and '#'")  \
  X(redirect_part, error, "expected {}, found '{}'")                                                        \
  X(redirect_loop, warning, "sends clients to the URL that they came for: they get a 500 instead")          \
  X(variable_unknown, error, "{}")                                                                          \
  X(body_too_large, error, "the body is larger than 64KiB")                                                 \
  X(url, error, "'{}' is not a URL such as http://example.com/path")                                        \
  /* between sections */                                                                                    \
  X(no_listener, error, "no listener is configured: nothing would be served")                               \
  X(bind_twice, error, "{} is already bound by {} at {}")                                                   \
  X(bind_overlap, error, "{} overlaps {}, bound by {} at {}")                                               \
  X(admin_without_token, error, "{} can be reached from other machines and no token_file is set")           \
  X(https_without_tls, error, "https needs a certificate, and the key 'tls' is missing")                    \
  X(certificate_twice, warning, "the certificate '{}' is already one of this listener, at {}")              \
  X(limits_target, error, "{} is larger than header_bytes ({}), which contains it")                         \
  X(unknown_group, error, "there is no target group '{}'")                                                  \
  X(unknown_listener, error, "there is no listener '{}'")                                                   \
  X(target_twice, error, "{} is already in this group, at {}")                                              \
  X(target_id_twice, error, "the id '{}' is already taken in this group, at {}")                            \
  X(target_id_address, error, "the id '{}' is the address of another target")                               \
  X(rule_default, error, "'default' is the name of the listener's own action, not of a rule")               \
  X(rule_twice, error, "another rule of this listener is named '{}', at {}")                                \
  X(forward_without_weight, error, "every group has weight 0: none of them would get requests")             \
  X(same_site_none, warning, "browsers refuse SameSite=None without Secure")                                \
  X(cookie_shared, warning,                                                                                 \
    "'{}' is the cookie of group '{}' too, and listener '{}' forwards to both: clients of both keep only "  \
    "the session that was set last")                                                                        \
  X(group_empty, warning, "the group has no targets: every request to it is answered 503")                  \
  X(group_unused, warning, "no listener forwards to this group")                                            \
  X(check_timeout, error, "the timeout {} is longer than the interval {}")                                  \
  X(check_fast_interval, error, "the fast_interval {} is longer than the interval {}")                      \
  X(check_never_passes, warning, "an answer to {} has no body: this check can never pass")                  \
  X(check_server_name, warning,                                                                             \
    "checks ask for a certificate of the target's IP address: name one with tls.server_name or "            \
    "health_check.host")                                                                                    \
  X(tls_unused, error, "neither the protocol nor the checks of this group are https")                       \
  X(ca_unused, error, "'ca' has no meaning where 'verify' is off")                                          \
  X(check_key_unused, warning, "{} has no use for '{}'")                                                    \
  X(ejection_range, error, "{} is shorter than base_ejection ({})")                                         \
  X(hash_unused, warning, "the algorithm is not consistent_hash: nothing is hashed")                        \
  X(cross_zone_without_zone, warning, "'{}' acts as 'on': process.zone is not set")                         \
  X(zone_without_targets, warning, "no target of this group stands in '{}', the zone of this node")         \
  X(min_healthy_unreachable, warning,                                                                       \
    "{} is more than the targets with a weight ({}): never enough are healthy")                             \
  X(ejection_never, warning, "{}% of the targets ({}) is less than one: none is ever ejected")              \
  X(group_without_weight, warning, "every target has weight 0: none of them gets requests")                 \
  X(target_is_listener, warning, "{} is bound by {} at {}: requests would go round in a loop")

#define WEIR_CONFIG_MESSAGE_NAME(name, severity, text) name,
enum class Message { WEIR_CONFIG_MESSAGES(WEIR_CONFIG_MESSAGE_NAME) };
#undef WEIR_CONFIG_MESSAGE_NAME

struct MessageForm {
  std::string_view name;
  Severity severity;
  std::string_view text;
};

#define WEIR_CONFIG_MESSAGE_FORM(name, severity, text) {#name, Severity::severity, text},
inline constexpr MessageForm kMessageForms[] = {WEIR_CONFIG_MESSAGES(WEIR_CONFIG_MESSAGE_FORM)};
#undef WEIR_CONFIG_MESSAGE_FORM

constexpr const MessageForm& form_of(Message message) {
  return kMessageForms[static_cast<std::size_t>(message)];
}

// "unknown-key"
std::string id_of(Message message);

}  // namespace weir::config
