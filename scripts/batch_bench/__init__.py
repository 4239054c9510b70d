"""Parts of the bench of archives, ``scripts.bench_batch``."""
