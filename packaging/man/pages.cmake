# The man pages, compressed as Debian wants them, by the target `weir_man`. It is not part of `all`: a build of the
# programs needs neither Python nor gzip.
set(pages)
function(weir_man_page name section source)
  set(page ${CMAKE_CURRENT_BINARY_DIR}/man/${name}.${section}.gz)
  add_custom_command(OUTPUT ${page}
    COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/man/compress.sh ${source} ${page} ${PROJECT_VERSION}
    DEPENDS ${source} man/compress.sh man/yaml_page.py man/reference.py
    VERBATIM)
  install(FILES ${page} DESTINATION share/man/man${section})
  set(pages ${pages} ${page} PARENT_SCOPE)
endfunction()

weir_man_page(weir 1 ${CMAKE_CURRENT_SOURCE_DIR}/weir.1)
weir_man_page(weir-bench 1 ${CMAKE_CURRENT_SOURCE_DIR}/weir-bench.1)
weir_man_page(weir.yaml 5 ${CMAKE_SOURCE_DIR}/config/reference.yaml)
add_custom_target(weir_man DEPENDS ${pages})
