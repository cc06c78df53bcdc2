# Writes the files of FILES, each with its bytes and the entity tag of its content, as a source that defines
# weir::admin::FUNCTION(). cmake -DFILES=A;B -DFUNCTION=NAME -DOUTPUT=FILE -P embed.cmake
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_json "application/json")

set(bytes "")
set(entries "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  string(SUBSTRING ${extension} 1 -1 extension)
  file(READ ${file} content HEX)
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 16 tag)
  string(REGEX REPLACE "(................................)" "\\1\n" content "${content}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," content "${content}")
  string(APPEND bytes "constexpr char kFile${number}[] = {\n${content}};\n")
  string(APPEND entries
    "    {\"${name}\", \"${type_${extension}}\", \"\\\"${tag}\\\"\", {kFile${number}, sizeof kFile${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUTPUT} "#include \"lb/admin/embedded_files.h\"

namespace weir::admin {
namespace {

${bytes}
constexpr EmbeddedFile kFiles[] = {
${entries}};

}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}() { return kFiles; }

}  // namespace weir::admin
")
