"""The benchmarks that `make bench` runs, and the peers they are run against."""
