# The .deb, by CPack.
set(WEIR_DEB_REVISION 1 CACHE STRING "What follows the version of weir in that of its .deb")
set(WEIR_DEB_VERSION ${PROJECT_VERSION}-${WEIR_DEB_REVISION})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "weir maintainers <maintainers@weir.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "layer 7 load balancer with health checks and a YAML file")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Weir takes HTTP requests from clients and spreads them over groups of targets.
It looks at their hosts, paths and headers to choose a group, checks the health
of its targets, keeps clients with their target where that is wanted, and takes
targets and whole zones out of rotation without losing a request.
.
Its configuration is one YAML file, whose mistakes are all explained at once.
It has metrics for Prometheus, an admin API and a dashboard.
.
This package has the daemon, its tools, and the load generator weir-bench.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${WEIR_DEB_REVISION})
set(CPACK_DEBIAN_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, logrotate")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "keepalived, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm ${CMAKE_CURRENT_LIST_DIR}/postrm
    ${CMAKE_CURRENT_LIST_DIR}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
# Files outside of /usr need a root to be installed into.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
# build.sh builds what is installed; the tests need not be built for that.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} log -1 --format=%cD
                OUTPUT_VARIABLE WEIR_COMMIT_DATE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT WEIR_COMMIT_DATE)
  string(TIMESTAMP WEIR_COMMIT_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
endif()
configure_file(deb/changelog.in changelog.Debian @ONLY)
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz
  COMMAND gzip -9nkf ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian
  DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian
  VERBATIM)
add_custom_target(weir_changelog DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz DESTINATION share/doc/weir)

include(CPack)
