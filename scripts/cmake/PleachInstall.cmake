# What `cmake --install` puts where, the CMake package, pkg-config and the Debian packages.
# Components: tool (the Debian package pleach), runtime (libpleach0) and dev (libpleach-dev).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# For people's own programs: find_package(pleach), then pleach::compiler, pleach::runtime or
# pleach::comm; with COMPONENTS c pleach::c alone, which needs none of the compiler's libraries.
add_library(pleach_compiler INTERFACE)
target_link_libraries(pleach_compiler INTERFACE
  pleach_exporters pleach_tune pleach_baselines pleach_explain pleach_view pleach_passes pleach_verify pleach_nccl pleach_ir pleach_topology pleach_core)
set(libraries  # a library before those it needs
  comm device cuda kernels runtime plan exporters tune baselines explain view passes verify nccl ir topology graph lp net fabric core)
if(PLEACH_HAS_CUDA)
  list(INSERT libraries 3 cuda_kernels)
  set(PLEACH_CUDA_LINK_FLAGS "-L${CUDAToolkit_LIBRARY_DIR} -lcudart_static -lrt -ldl")
endif()
set(library_targets)
foreach(library IN LISTS libraries)
  list(APPEND library_targets pleach_${library})
  set_target_properties(pleach_${library} PROPERTIES EXPORT_NAME ${library})
endforeach()
set_target_properties(pleach_compiler PROPERTIES EXPORT_NAME compiler)
set_target_properties(pleach_options PROPERTIES EXPORT_NAME options)

install(TARGETS pleach pleach-perf RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tool)
install(TARGETS ${library_targets} pleach_compiler pleach_options EXPORT pleachTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY compiler runtime kernels DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pleach COMPONENT dev
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h" PATTERN "cli" EXCLUDE PATTERN "perf" EXCLUDE
  REGEX "runtime/nccl$" EXCLUDE)
# libpleach.so and pleach.h.
set_target_properties(pleach_c PROPERTIES EXPORT_NAME c)
install(TARGETS pleach_c EXPORT pleachCTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
  PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# What NCCL opens by name: libnccl-tuner-pleach.so and libnccl-env-pleach.so, side by side.
install(TARGETS pleach_nccl_tuner pleach_nccl_env
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/pleach)
install(EXPORT pleachTargets NAMESPACE pleach:: DESTINATION ${package_folder} COMPONENT dev)
install(EXPORT pleachCTargets NAMESPACE pleach:: DESTINATION ${package_folder} COMPONENT dev)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pleachConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/pleachConfig.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change interfaces.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/pleachConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/pleachConfig.cmake
  ${PROJECT_BINARY_DIR}/package/pleachConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindFLINT.cmake DESTINATION ${package_folder} COMPONENT dev)

list(TRANSFORM library_targets PREPEND "-l" OUTPUT_VARIABLE pleach_link_flags)
list(JOIN pleach_link_flags " " PLEACH_LINK_FLAGS)
file(RELATIVE_PATH PLEACH_PREFIX_FROM_PC
  /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)  # so that the tree can be moved
# pleach: the static C++ libraries; pleach-c: libpleach.so.
foreach(package pleach pleach-c)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${package}.pc.in
    ${PROJECT_BINARY_DIR}/package/${package}.pc @ONLY)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/package/pleach.pc ${PROJECT_BINARY_DIR}/package/pleach-c.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

# Machines, schedules, their schemas and format pages.
install(DIRECTORY topologies schedules DESTINATION ${CMAKE_INSTALL_DATADIR}/pleach COMPONENT tool
  FILES_MATCHING PATTERN "*.json" PATTERN "*.md")
install(FILES README.md CHANGELOG.md THIRD_PARTY_NOTICES.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT tool)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT tool)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/libpleach0 RENAME copyright
  COMPONENT runtime)

# Completion and the man page. Both shells ask the same function what may come next.
set(cli ${PROJECT_SOURCE_DIR}/compiler/cli)
file(READ ${cli}/completion/candidates.sh PLEACH_CANDIDATES)
foreach(file pleach.bash _pleach)
  configure_file(${cli}/completion/${file}.in ${PROJECT_BINARY_DIR}/completion/${file} @ONLY)
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${cli}/completion/candidates.sh)
configure_file(${cli}/man/pleach.1.in ${PROJECT_BINARY_DIR}/man/pleach.1 @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/completion/pleach.bash RENAME pleach
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tool)
install(FILES ${PROJECT_BINARY_DIR}/completion/_pleach
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tool)
install(FILES ${PROJECT_BINARY_DIR}/man/pleach.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  COMPONENT tool)

# cpack -G DEB
set(CPACK_PACKAGE_NAME pleach)
set(CPACK_PACKAGE_VENDOR pleach)
set(CPACK_PACKAGE_CONTACT "pleach maintainers <maintainers@users.noreply.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL tool runtime dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_TOOL_PACKAGE_NAME pleach)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_TOOL_DESCRIPTION
"Compiles a description of a machine's network (GPUs, switches, NICs) into
schedules for collectives that reach the exact optimum rate, and proves it.
Runs them on the host, checks them, explains what limits a machine.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libpleach0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS libfabric1)  # opened at run time, between hosts
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"Executes schedules that pleach has compiled: collectives among threads,
processes of a host and hosts, with a C interface shaped like NCCL's; and
plugins by which NCCL itself takes what pleach has computed.")
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libpleach-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION
"Headers and static libraries of the pleach compiler and its runtime, for
programs that compile or run schedules themselves; and what programs need
to be linked with libpleach.so.")
# Static libraries name no libraries of their own for dpkg-shlibdeps to find.
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libpleach0 (= ${PROJECT_VERSION}), libboost-dev, liblemon-dev, libmd-dev, coinor-libclp-dev, zlib1g-dev, libflint-dev, libpugixml-dev")
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(DPKG_SHLIBDEPS)
if(DPKG_SHLIBDEPS)
  set(CPACK_DEBIAN_TOOL_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
endif()
include(CPack)
