// Registered memory that sources are copied into where the provider wants them registered.
//
// Copies instead of a cache of registrations: memory that was freed and mapped anew behind such a
// cache is read at its old pages, silently.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <rdma/fi_domain.h>

namespace pleach {

struct CloseFabricObject {
  template <class T>
  void operator()(T* object) const {
    (void)fi_close(&object->fid);  // nothing can be done about one that does not close
  }
};
template <class T>
using FabricObject = std::unique_ptr<T, CloseFabricObject>;
using FabricRegion = FabricObject<fid_mr>;

class FabricStaging {
 public:
  struct Buffer {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
    FabricRegion region;
  };
  using Register = std::function<FabricRegion(std::span<std::byte>)>;

  // Registers with `make_region`, up to `limit` bytes in all; one buffer may be larger.
  FabricStaging(Register make_region, std::size_t limit)
      : make_region_(std::move(make_region)), limit_(limit) {}

  // A buffer with a copy of `data`, or null when there is no room until one is given back. Throws
  // what `make_region` throws. Cost: a copy; a registration when no buffer fits.
  [[nodiscard]] Buffer* copy(std::span<const std::byte> data);
  void give_back(Buffer* buffer) { free_.push_back(buffer); }
  // Closes the regions; the memory stays.
  void close_regions();

 private:
  Register make_region_;
  std::size_t limit_ = 0;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::vector<Buffer*> free_;
};

}  // namespace pleach
