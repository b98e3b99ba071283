"""How fast it is, beside what people use today: `make bench` writes RESULTS.md."""
