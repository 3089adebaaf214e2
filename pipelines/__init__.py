"""The credit hub: collection and sharing of public credit information (公共信用信息归集共享枢纽)."""

import os

# Polars gives freed memory back within half a second by default and takes it again for the next slice: a quarter of the CPU
# time of a collect went into that (measured: 20.5 s against 16.5 s). It reads this once, when it is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:4,dirty_decay_ms:1500,muzzy_decay_ms:0")
