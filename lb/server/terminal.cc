#include "lb/server/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace weir::server {
namespace {

// The alternate screen, without cursor, and lines that are cut at the edge instead of wrapped; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kTop = "\x1b[H";
constexpr std::string_view kToEnd = "\x1b[K";
constexpr std::string_view kBelow = "\x1b[J";

constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// For the handler of faults too, which has nothing else to go by.
termios before{};
std::atomic<bool> entered = false;
std::array<struct sigaction, kFaults.size()> handlers_before{};

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// All that it calls may be called in a handler of signals.
void give_back() {
  if (!entered.exchange(false)) return;
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void give_back_handlers() {
  for (std::size_t i = 0; i < kFaults.size(); ++i) ::sigaction(kFaults[i], &handlers_before[i], nullptr);
}

// Whoever handled it before gets it next: a fault comes again behind this, a signal that was sent is sent
// anew.
void on_fault(int number, siginfo_t* info, void*) {
  give_back();
  give_back_handlers();
  if (info->si_code <= 0) ::raise(number);
}

}  // namespace

bool Terminal::there() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Terminal::Terminal() {
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  for (std::size_t i = 0; i < kFaults.size(); ++i) ::sigaction(kFaults[i], &action, &handlers_before[i]);
  enter();
}

Terminal::~Terminal() {
  leave();
  give_back_handlers();
}

// Reading gives what there is, and returns: the descriptor itself stays as it is, for it is the shell's too.
void Terminal::enter() {
  ::tcgetattr(STDIN_FILENO, &before);
  termios raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  entered = true;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(kEnter);
}

void Terminal::leave() { give_back(); }

Terminal::Size Terminal::size() {
  winsize found{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_row == 0 || found.ws_col == 0) return {};
  return {found.ws_row, found.ws_col};
}

void Terminal::suspend() {
  leave();
  ::raise(SIGSTOP);
  enter();
}

bool Terminal::show(const std::vector<std::string>& lines) {
  std::string bytes(kTop);
  for (const std::string& line : lines) {
    if (&line != &lines.front()) bytes += "\r\n";
    bytes += kToEnd;  // before the line: behind a full one it would take its last character
    bytes += line;
  }
  bytes += kBelow;
  return write_all(bytes);
}

std::string Terminal::typed() const {
  std::array<char, 256> bytes{};
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace weir::server
