/* Two ranks in one process add up their vectors: example SCHEDULE, for two GPUs. */
#include <pleach.h>
#include <stdio.h>
#include <stdlib.h>

enum { kRanks = 2, kCount = 1000 };

static void need(pleachResult_t result, const char* what) {
  if (result == pleachSuccess) return;
  fprintf(stderr, "%s: %s: %s\n", what, pleachGetErrorString(result), pleachGetLastError(NULL));
  exit(1);
}

int main(int argc, char** argv) {
  pleachComm_t comms[kRanks];
  float* data[kRanks];
  int version = 0;
  int wrong = 0;
  if (argc != 2) {
    fprintf(stderr, "usage: example SCHEDULE\n");
    return 2;
  }
  need(pleachGetVersion(&version), "version");
  if (version != PLEACH_VERSION_CODE) return 1;
  need(pleachCommInitAll(comms, kRanks, NULL), "init");
  need(pleachGroupStart(), "group");
  for (int rank = 0; rank < kRanks; ++rank) need(pleachPlanLoad(comms[rank], argv[1]), "load");
  need(pleachGroupEnd(), "load");
  for (int rank = 0; rank < kRanks; ++rank) {
    need(pleachMemAlloc((void**)&data[rank], kCount * sizeof(float)), "memory");
    for (int i = 0; i < kCount; ++i) data[rank][i] = (float)(i + rank);
  }
  need(pleachGroupStart(), "group");
  for (int rank = 0; rank < kRanks; ++rank) {
    need(pleachAllReduce(data[rank], data[rank], kCount, pleachFloat32, pleachSum, comms[rank],
                         NULL),
         "allreduce");
  }
  need(pleachGroupEnd(), "allreduce");
  for (int rank = 0; rank < kRanks; ++rank) {
    for (int i = 0; i < kCount; ++i) wrong += data[rank][i] != (float)(2 * i + 1);
    need(pleachMemFree(data[rank]), "memory");
    need(pleachCommDestroy(comms[rank]), "destroy");
  }
  printf("%d ranks, %d elements, %d wrong\n", kRanks, kCount, wrong);
  return wrong != 0;
}
