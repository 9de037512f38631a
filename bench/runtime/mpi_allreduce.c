// Times MPI_Allreduce of a float sum, as a baseline: mpi_allreduce BYTES ITERATIONS
// One warm-up, then the median over ITERATIONS of the slowest rank's time. Every element of the
// last result is compared. Rank 0 prints "BYTES SECONDS WRONG"; exit code 1 when an element is
// wrong.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void* a, const void* b) {
  const double left = *(const double*)a;
  const double right = *(const double*)b;
  return (left > right) - (left < right);
}

// Small whole numbers, so that every order of adding gives the same sum.
static float input(int rank, size_t i) { return (float)((i + (size_t)rank * 7) % 1021); }

static long count_wrong(const float* result, size_t count, int ranks) {
  long wrong = 0;
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (int rank = 0; rank < ranks; ++rank) sum += input(rank, i);
    wrong += result[i] != sum;
  }
  return wrong;
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const long bytes = argc == 3 ? atol(argv[1]) : 0;
  const int iterations = argc == 3 ? atoi(argv[2]) : 0;
  if (bytes < 4 || bytes > 1L << 30 || iterations < 1 || iterations > 1000) {
    if (rank == 0) fprintf(stderr, "usage: mpi_allreduce BYTES(4..2^30) ITERATIONS(1..1000)\n");
    MPI_Finalize();
    return 2;
  }
  const size_t count = (size_t)bytes / sizeof(float);
  float* const source = malloc(count * sizeof(float));
  float* const result = malloc(count * sizeof(float));
  double* const seconds = malloc((size_t)iterations * sizeof(double));
  if (source == NULL || result == NULL || seconds == NULL) {
    fprintf(stderr, "rank %d: no memory for 2 x %ld bytes\n", rank, bytes);
    MPI_Abort(MPI_COMM_WORLD, 3);
  }
  for (size_t i = 0; i < count; ++i) source[i] = input(rank, i);
  for (int iteration = -1; iteration < iterations; ++iteration) {
    MPI_Barrier(MPI_COMM_WORLD);
    const double start = MPI_Wtime();
    MPI_Allreduce(source, result, (int)count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    double mine = MPI_Wtime() - start;
    double slowest = 0;
    MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    if (iteration >= 0) seconds[iteration] = slowest;
  }
  long mine = count_wrong(result, count, ranks);
  long wrong = 0;
  MPI_Allreduce(&mine, &wrong, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  qsort(seconds, (size_t)iterations, sizeof(double), compare);
  if (rank == 0) printf("%zu %.6f %ld\n", count * sizeof(float), seconds[iterations / 2], wrong);
  free(seconds);
  free(result);
  free(source);
  MPI_Finalize();
  return wrong != 0;
}
