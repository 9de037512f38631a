# One target a folder: pleach_library(pleach_graph SOURCES … LINKS …).
include_guard()

# The flags that every target of ours shares, as an interface target so that imported packages do
# not inherit them.
add_library(pleach_options INTERFACE)
target_compile_features(pleach_options INTERFACE cxx_std_20)
target_include_directories(pleach_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/pleach>)
# -Wrestrict reports std::string operator+ itself in g++ 12 (GCC bug 105651).
set(options -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion -Wno-restrict)
if(PLEACH_WERROR)
  list(APPEND options -Werror)
endif()
if(PLEACH_SANITIZE)
  list(APPEND options -fsanitize=${PLEACH_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(pleach_options INTERFACE $<BUILD_INTERFACE:-fsanitize=${PLEACH_SANITIZE}>)
endif()
# Ours alone: programs that use the installed libraries choose their own warnings. nvcc takes other
# flags (PleachCuda).
target_compile_options(pleach_options INTERFACE
  "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:C,CXX>:${options}>>")
unset(options)
if(PLEACH_SLOW_CHECKS)
  target_compile_definitions(pleach_options INTERFACE $<BUILD_INTERFACE:PLEACH_SLOW_CHECKS>)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

function(pleach_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LINKS} pleach_options)
endfunction()
