"""Long tests of the whole on real sockets: `make test-heavy`. Larger numbers: see the Makefile."""
