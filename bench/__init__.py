"""The benchmarks that `make bench` runs, and the other senders that they compare with."""
