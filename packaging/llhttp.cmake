# weir_llhttp: the HTTP/1 parser, to link. Debian 12 has no package of this library (dependencies.sh takes the one of
# Debian 13), so that a package of weir for Debian 12 cannot depend on one: there it is linked statically.
cmake_host_system_information(RESULT WEIR_CODENAME QUERY DISTRIB_VERSION_CODENAME)
if(WEIR_CODENAME STREQUAL "bookworm")
  set(WEIR_STATIC_LLHTTP_DEFAULT ON)
else()
  set(WEIR_STATIC_LLHTTP_DEFAULT OFF)
endif()
option(WEIR_STATIC_LLHTTP "Link llhttp statically" ${WEIR_STATIC_LLHTTP_DEFAULT})

# Imported, so that a check of CMake can link it.
add_library(weir_llhttp INTERFACE IMPORTED)
if(WEIR_STATIC_LLHTTP)
  find_library(WEIR_LLHTTP_ARCHIVE libllhttp.a REQUIRED)
  target_include_directories(weir_llhttp INTERFACE
    $<TARGET_PROPERTY:llhttp::llhttp_shared,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(weir_llhttp INTERFACE ${WEIR_LLHTTP_ARCHIVE})
else()
  target_link_libraries(weir_llhttp INTERFACE llhttp::llhttp_shared)
endif()
