"""What the Makefile runs, and the real servers of the live tests and demos."""
