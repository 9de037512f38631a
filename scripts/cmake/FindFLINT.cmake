# FLINT (Fast Library for Number Theory) as the target flint::flint. FLINT 2 ships neither a CMake
# package nor a pkg-config file. Its inline functions call GMP.
find_path(FLINT_INCLUDE_DIR flint/fmpq_mat.h)
find_library(FLINT_LIBRARY flint)
find_library(GMP_LIBRARY gmp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(FLINT REQUIRED_VARS FLINT_LIBRARY GMP_LIBRARY FLINT_INCLUDE_DIR)
if(FLINT_FOUND AND NOT TARGET flint::flint)
  add_library(flint::flint UNKNOWN IMPORTED)
  set_target_properties(flint::flint PROPERTIES IMPORTED_LOCATION ${FLINT_LIBRARY}
    INTERFACE_LINK_LIBRARIES ${GMP_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${FLINT_INCLUDE_DIR})
endif()
mark_as_advanced(FLINT_INCLUDE_DIR FLINT_LIBRARY GMP_LIBRARY)
