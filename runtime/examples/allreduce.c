/* One all-reduce over the ranks that a launcher started, or that the environment describes:
 *
 *     pleach compile dgx-a100-x1 -c allreduce -o schedule.json
 *     mpirun -n 8 allreduce schedule.json
 *     for r in 0 1 2 3 4 5 6 7; do
 *       PLEACH_RANK=$r PLEACH_RANKS=8 PLEACH_ROOT=127.0.0.1:29400 allreduce schedule.json & done;
 * wait
 *
 * Built against an installed pleach: cc allreduce.c $(pkg-config --cflags --libs pleach-c) */
#include <pleach.h>
#include <stdio.h>
#include <stdlib.h>

static void check(pleachResult_t result, pleachComm_t comm) {
  if (result == pleachSuccess) return;
  fprintf(stderr, "%s: %s\n", pleachGetErrorString(result), pleachGetLastError(comm));
  exit(1);
}

int main(int argc, char** argv) {
  const size_t count = 1 << 20;
  pleachComm_t comm = NULL;
  int rank = 0;
  int ranks = 0;
  void* send = NULL;
  void* receive = NULL;
  size_t wrong = 0;

  if (argc != 2) {
    fprintf(stderr, "usage: %s SCHEDULE\n", argv[0]);
    return 2;
  }
  check(pleachCommInitEnv(&comm, NULL), NULL);
  check(pleachCommUserRank(comm, &rank), comm);
  check(pleachCommCount(comm, &ranks), comm);
  check(pleachPlanLoad(comm, argv[1]), comm);

  /* Memory that ranks of this machine read in place; any other works too. */
  check(pleachMemAlloc(&send, count * sizeof(float)), comm);
  check(pleachMemAlloc(&receive, count * sizeof(float)), comm);
  for (size_t i = 0; i < count; ++i) ((float*)send)[i] = (float)(rank + (int)(i % 3));

  check(pleachAllReduce(send, receive, count, pleachFloat32, pleachSum, comm, NULL), comm);

  for (size_t i = 0; i < count; ++i) {
    const float expected = (float)(ranks * (ranks - 1) / 2 + ranks * (int)(i % 3));
    if (((float*)receive)[i] != expected) ++wrong;
  }
  if (rank == 0 || wrong > 0) {
    printf("rank %d of %d: %zu elements, %zu wrong\n", rank, ranks, count, wrong);
  }
  check(pleachMemFree(send), comm);
  check(pleachMemFree(receive), comm);
  check(pleachCommDestroy(comm), NULL);
  return wrong > 0 ? 1 : 0;
}
