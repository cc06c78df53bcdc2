// Saves by real programs, and what the daemon would load after them.

#include <algorithm>

#include "tests/integration/server/watch_scene.h"

namespace weir::server {
namespace {

struct Save {
  std::string_view name;
  std::string script;  // $1: the version
  std::string prepare = "echo version 0 > weir.yaml";
  std::string program = "sh";  // that it needs
};

bool has_program(const std::string& name) {
  return test::run({"sh", "-c", "command -v " + name + " > /dev/null"}).code == 0;
}

const std::vector<Save>& saves() {
  static const std::string git = "git -c user.name=n -c user.email=e ";
  static const std::vector<Save> all = {
      {"write in place, as nano and a shell do", "echo version $1 > weir.yaml"},
      {"cp", "echo version $1 > new; cp new weir.yaml"},
      {"mv", "echo version $1 > new; mv new weir.yaml"},
      {"install", "echo version $1 > new; install -m 644 new weir.yaml"},
      {"sed -i", "sed -i \"s/.*/version $1/\" weir.yaml"},
      {"vi", "vi -es -u NONE -c \"%s/.*/version $1/\" -c wq weir.yaml", "echo version 0 > weir.yaml", "vi"},
      {"rename away, write, delete, as vi does",
       "touch 4913; rm 4913; mv weir.yaml weir.yaml~; echo version $1 > weir.yaml; chmod 640 weir.yaml; rm "
       "weir.yaml~"},
      {"rm and write", "rm weir.yaml; echo version $1 > weir.yaml"},
      {"rsync", "echo version $1 > new; rsync -I new weir.yaml", "echo version 0 > weir.yaml", "rsync"},
      {"rsync --inplace", "echo version $1 > new; rsync -I --inplace new weir.yaml",
       "echo version 0 > weir.yaml", "rsync"},
      {"a symbolic link to another file", "echo version $1 > v$1; ln -sfn v$1 weir.yaml"},
      {"the file behind a symbolic link", "echo version $1 > new; mv new real/weir.yaml",
       "mkdir real; echo version 0 > real/weir.yaml; ln -s real/weir.yaml weir.yaml"},
      {"the volume of Kubernetes",
       "mkdir ..$1; echo version $1 > ..$1/weir.yaml; ln -s ..$1 ..data_tmp; mv -T ..data_tmp ..data; rm -r "
       "..$(($1 - 1))",
       "mkdir ..0; echo version 0 > ..0/weir.yaml; ln -s ..0 ..data; ln -s ..data/weir.yaml weir.yaml"},
      {"a version that was there before, behind a symbolic link", "ln -sfn v$1 weir.yaml",
       "for i in 0 1 2 3 4 5; do echo version $i > v$i; done; ln -s v0 weir.yaml"},
      {"git checkout", "git checkout -q v$1",
       "git init -q .; for i in 1 2 3 4 5 0; do echo version $i > weir.yaml; git add weir.yaml; " + git +
           "commit -qm $i; git tag v$i; done; git checkout -q v0",
       "git"},
  };
  return all;
}

}  // namespace

TEST_CASE("every way to save the file is noticed once, within 500 ms, and then the whole of it is there") {
  for (const Save& save : saves()) {
    CAPTURE(save.name);
    REQUIRE(has_program(save.program));  // packaging/dependencies.sh test
    Scene scene(save.prepare);
    // On a machine that is busy with other things one may take longer, but not each.
    base::Duration best = base::Duration::max();
    for (int version = 1; version <= 5 && best > 500ms; ++version) {
      scene.sh(save.script, version);
      const auto took = scene.next_load();
      REQUIRE(took);
      best = std::min(best, *took);
      CHECK(scene.loads.back() == "version " + std::to_string(version) + "\n");
      CHECK(scene.rests());
    }
    CHECK(best <= 500ms);
  }
}

TEST_CASE("without events every save is noticed by looking") {
  for (const Save& save : saves()) {
    CAPTURE(save.name);
    REQUIRE(has_program(save.program));
    Scene scene(save.prepare, {.mode = Watch::Mode::poll, .interval = 100ms});
    scene.sh(save.script, 1);
    REQUIRE(scene.next_load());
    CHECK(scene.loads.back() == "version 1\n");
  }
}

}  // namespace weir::server
