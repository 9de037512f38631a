# Decides by PLEACH_CUDA (AUTO, ON or OFF) whether the GPU backend is built, and says so: sets
# PLEACH_HAS_CUDA, and enables the language. nvcc needs no GPU.
include_guard()

set(PLEACH_HAS_CUDA OFF)
set(cuda_absent "")  # why not
if(PLEACH_CUDA STREQUAL "OFF")
  set(cuda_absent "PLEACH_CUDA is OFF")
elseif(PLEACH_SANITIZE)
  set(cuda_absent "sanitizers (PLEACH_SANITIZE=${PLEACH_SANITIZE}) do not know device code")
else()
  # CUDACXX and PATH first, as ever; then where NVIDIA's packages put it.
  if(NOT CMAKE_CUDA_COMPILER AND "$ENV{CUDACXX}" STREQUAL "")
    find_program(PLEACH_NVCC nvcc PATHS /usr/local/cuda/bin)
    mark_as_advanced(PLEACH_NVCC)
    if(PLEACH_NVCC)
      set(ENV{CUDACXX} ${PLEACH_NVCC})  # check_language tries no compiler that is set otherwise
    endif()
  endif()
  # Code of A100, H100 and B200, and for later GPUs the last as PTX. Before the language is enabled:
  # CMake 3.25 would choose one that nvcc 13 no longer has.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100)
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    set(cuda_absent "there is no CUDA compiler that works (CUDACXX, PATH, /usr/local/cuda/bin)")
  else()
    enable_language(CUDA)
    find_package(CUDAToolkit)
    if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.8)
      set(cuda_absent "nvcc ${CMAKE_CUDA_COMPILER_VERSION} is older than 12.8")
    elseif(NOT TARGET CUDA::cudart_static)
      set(cuda_absent "there is no libcudart_static.a beside ${CMAKE_CUDA_COMPILER}")
    else()
      set(PLEACH_HAS_CUDA ON)
    endif()
  endif()
endif()

if(PLEACH_HAS_CUDA)
  list(JOIN CMAKE_CUDA_ARCHITECTURES " " cuda_architectures)
  message(STATUS "CUDA: the GPU backend is built by nvcc ${CMAKE_CUDA_COMPILER_VERSION} for compute "
                 "capabilities ${cuda_architectures}")
  unset(cuda_architectures)
elseif(PLEACH_CUDA STREQUAL "ON")
  message(FATAL_ERROR "PLEACH_CUDA is ON, but ${cuda_absent}: install nvcc 12.8 or later or set "
                      "CUDACXX, and build without sanitizers")
else()
  message(STATUS "CUDA: no GPU backend, since ${cuda_absent}")
endif()
unset(cuda_absent)

# pleach_cuda_library(name SOURCES … LINKS …): of C++ and CUDA, to be part of shared libraries too.
# CMake 3.25 knows no cuda_std_20, and would leave the standard out in silence.
function(pleach_cuda_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  pleach_library(${name} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS})
  target_link_libraries(${name} PUBLIC CUDA::cudart_static)
  target_compile_options(${name} PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;-Xcompiler=-Wall;$<$<BOOL:${PLEACH_WERROR}>:-Werror=all-warnings>>")
  set_target_properties(${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    CUDA_RUNTIME_LIBRARY None)  # it is linked by name
endfunction()
